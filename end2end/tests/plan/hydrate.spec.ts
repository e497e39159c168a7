// A pasted plan in the browser: paste, drop, files, keyboard, share links, history; hostile text is escaped.
import { expect, open, test, verdict, type Page } from '../../support/page';
import { fixture, paste } from '../../support/plan';

const JOIN = fixture('17/hash_join.txt');

const tree = (page: Page) => page.getByRole('group', { name: /^The plan as a tree/ });
const panel = (page: Page) => page.getByRole('region', { name: /Scan|Join|Hash|Aggregate|Sort|Loop|Limit/ });

test('a paste anywhere is read without asking the server', async ({ page }) => {
  await open(page, '/plan');
  const asked: string[] = [];
  page.on('request', (request) => request.method() === 'POST' && !request.url().includes('/api/navigation') && asked.push(request.url()));
  await paste(page, JOIN);
  await expect(verdict(page)).toContainText(/of \d+ nodes? takes?/);
  await expect(tree(page)).toBeVisible();
  expect(asked).toEqual([]);
});

test('code that a first paste does not need is fetched when it is asked for', async ({ page }) => {
  const parts: string[] = [];
  page.on('request', (request) => parts.push(...(/part-(\w+)\.bin/.exec(request.url())?.slice(1) ?? [])));
  await open(page, '/plan');
  expect(parts).toEqual([]);
  await paste(page, JOIN);
  await expect(tree(page)).toBeVisible();
  expect(parts).toEqual(['plan_report']);
  await page.getByRole('tab', { name: 'Flame' }).click();
  await expect(page.getByRole('group', { name: /flame/i })).toBeVisible();
  await page.getByText('Run it on a server').click();
  await expect(page.getByRole('button', { name: 'Preview' })).toBeEnabled();
  expect(parts).toEqual(['plan_report', 'plan_views', 'plan_server']);
});

test('by keyboard alone: walk, open, close, switch views', async ({ page }) => {
  await open(page, '/plan');
  await paste(page, JOIN);
  await tree(page).focus();
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(panel(page)).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(panel(page)).toBeHidden();
  await page.keyboard.press('3');
  await expect(page.getByRole('tab', { name: 'Table' })).toHaveAttribute('aria-selected', 'true');
  await expect(page).toHaveURL(/view=table/);
});

test('the wheel moves the tree, and the page where no more of the tree lies that way', async ({ page }) => {
  const top = () => page.evaluate(() => window.scrollY);
  const camera = () => tree(page).locator('svg > g').first().getAttribute('transform');
  await page.setViewportSize({ width: 1440, height: 500 });
  await open(page, '/plan');
  await paste(page, JOIN);
  await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
  await tree(page).scrollIntoViewIfNeeded();
  expect(await top()).toBeGreaterThan(0);
  // Now the whole plan is visible.
  await page.getByRole('button', { name: 'Fit' }).click();
  await tree(page).hover();
  await page.mouse.wheel(0, -5_000);
  await expect.poll(top).toBe(0);
  for (let times = 0; times < 6; times++) await page.getByRole('button', { name: 'Zoom in' }).click();
  await tree(page).hover();
  const [before, at] = [await camera(), await top()];
  await page.mouse.wheel(0, 40);
  await expect.poll(camera).not.toBe(before);
  await page.waitForTimeout(200); // The page would have moved with the next frames.
  expect(await top()).toBe(at);
});

test('a link holds the plan and comes back the same', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await open(page, '/plan');
  await paste(page, JOIN);
  await expect(tree(page)).toBeVisible();
  const says = await verdict(page).innerText();
  await page.getByText('Share or save').click();
  await page.getByRole('button', { name: 'Copy a link' }).click();
  await expect(page).toHaveURL(/#plan=[\w-]+/);
  const other = await context.newPage();
  await other.goto(page.url());
  await expect(verdict(other)).toHaveText(says);
});

test('report and pictures are saved', async ({ page }) => {
  await open(page, '/plan');
  await paste(page, JOIN);
  await page.getByText('Share or save').click();
  for (const [button, name] of [['Save report (Markdown)', 'plan.md'], ['Save tree (SVG)', 'plan.svg'], ['Save tree (PNG)', 'plan.png']]) {
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: button }).click();
    expect((await download).suggestedFilename()).toBe(name);
  }
});

test('a page that is loaded again shows its plan in its view', async ({ page }) => {
  await open(page, '/plan');
  await paste(page, JOIN);
  await page.getByRole('tab', { name: 'Table' }).click();
  const before = await verdict(page).innerText();
  await page.reload();
  await expect(verdict(page)).toHaveText(before);
  await expect(page.getByRole('tab', { name: 'Table' })).toHaveAttribute('aria-selected', 'true');
});

test('plans seen before are kept in this browser and can be deleted', async ({ page }) => {
  await open(page, '/plan');
  await paste(page, JOIN);
  await expect(verdict(page)).toContainText(/takes?/);
  await open(page, '/plan');
  await page.getByText(/^Recent plans/).click();
  await expect(page.getByRole('button', { name: /^Delete the plan/ })).toHaveCount(1);
  await page.getByRole('button', { name: 'Delete all' }).click();
  await page.reload();
  await expect(page.getByText('Recent plans, in this browser only (0)')).toBeVisible();
});

test('hostile text is text', async ({ page }) => {
  await open(page, '/plan');
  const long = 'x'.repeat(1_000_000);
  await paste(page, `Seq Scan on t  (cost=0.00..1.00 rows=1 width=4) (actual time=1.0..2.0 rows=1 loops=1)\n  Filter: (a = '<img src=x onerror=document.title=1>\u202e'::text)\n  Output: '${long}'\nExecution Time: 2.0 ms\n`);
  await tree(page).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByText('\\u{202e}').first()).toBeVisible();
  await expect(page.getByRole('button', { name: /^Show all \(1,000,00\d characters\)/ })).toBeVisible();
  expect(await page.locator('main img').count()).toBe(0);
});
