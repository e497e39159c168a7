// The first screen of a plan: picture and findings side by side, cards on a phone, and a press that came
// before the page was ready.
import { expect, open, test, verdict, type Page } from '../../support/page';
import { fixture, paste } from '../../support/plan';

const JOIN = fixture('17/hash_join.txt');
const FIRES = fixture('rules/filtered_seq_scan/fires.txt');

const tree = (page: Page) => page.getByRole('group', { name: /^The plan as a tree/ });
const findings = (page: Page) => page.getByRole('region', { name: /finding|No rule found/ });
const cards = (page: Page) => page.getByRole('list', { name: 'Nodes of the plan' });

/** Where an element stands in the window. */
const place = async (of: ReturnType<Page['locator']>) => (await of.boundingBox())!;

for (const [name, text] of [['a join', JOIN], ['a finding with its remedy', FIRES]]) {
  test(`picture and findings of ${name} are in the first screen, side by side`, async ({ page }) => {
    await open(page, '/plan');
    await paste(page, text);
    await expect(tree(page)).toBeVisible();
    await expect(findings(page)).toBeVisible();
    const [picture, side] = [await place(tree(page)), await place(page.locator('.plan-side'))];
    for (const box of [picture, side]) {
      expect(box.y).toBeGreaterThan(0);
      expect(box.y + box.height).toBeLessThanOrEqual(900);
      expect(box.height).toBeGreaterThan(380);
    }
    expect(side.x).toBeGreaterThanOrEqual(picture.x + picture.width);
    expect(picture.width / (side.x + side.width - picture.x)).toBeGreaterThan(0.55);
    expect(await page.evaluate(() => window.scrollY)).toBe(0);
    // The forms are one line.
    const change = page.getByText('Change the plan');
    await expect(change).toBeVisible();
    expect((await place(page.locator('.plan-forms'))).height).toBeLessThan(60);
    await change.click();
    await expect(page.getByRole('textbox', { name: 'Plan', exact: true })).toBeVisible();
  });
}

test('a node that is opened stands beside the picture, above the findings', async ({ page }) => {
  await open(page, '/plan');
  await paste(page, JOIN);
  await tree(page).focus();
  await page.keyboard.press('Enter');
  const panel = page.locator('.plan-panel');
  await expect(panel).toBeInViewport();
  const [picture, beside] = [await place(tree(page)), await place(panel)];
  expect(beside.x).toBeGreaterThanOrEqual(picture.x + picture.width);
});

test('below 1100 px the first finding comes before the picture', async ({ page }) => {
  await page.setViewportSize({ width: 1000, height: 900 });
  await open(page, '/plan');
  await paste(page, FIRES);
  await expect(tree(page)).toBeVisible();
  const first = page.locator('.plan-lead');
  await expect(first).toContainText('Seq Scan on orders');
  expect((await place(first)).y).toBeLessThan((await place(tree(page))).y);
  expect((await place(tree(page))).y).toBeLessThan(900);
  await first.getByRole('link').click();
  await expect(page.getByRole('heading', { name: /^\d+ findings?, by/ })).toBeFocused();
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true });

  test('nodes are cards that say all, and the page is as wide as the screen', async ({ page }) => {
    await open(page, '/plan');
    await paste(page, JOIN);
    const all = cards(page).getByRole('listitem');
    await expect(all.first()).toBeVisible();
    const nodes = JOIN.match(/cost=/g)!.length;
    await expect(all).toHaveCount(nodes);
    const scan = all.filter({ hasText: 'Seq Scan' }).first();
    await expect(scan).toContainText(/on \w+/);
    await expect(scan).toContainText(/Self time.*(ms|µs|s), [\d.]+\s*%/s);
    await expect(scan).toContainText(/Rows[\d,]+, (as planned|planned [\d,]+: )/);
    const beyond = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(beyond).toBeLessThanOrEqual(0);
    // Nothing is cut: neither by a box nor by an ellipsis.
    const cut = await cards(page).evaluate((list) =>
      [...list.querySelectorAll('*')].filter((one) => !one.classList.contains('hidden-words') && one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0).map((one) => one.className || one.localName),
    );
    expect(cut).toEqual([]);
    await scan.getByText('All figures').tap();
    await expect(scan).toContainText('Planned rows');
    // The order is chosen as the table's is.
    await page.getByLabel('Order').selectOption('Self time first');
    await expect(all).toHaveCount(nodes);
  });

  test('a warning stands in the card of its node', async ({ page }) => {
    await open(page, '/plan');
    await paste(page, FIRES);
    await expect(cards(page).getByRole('listitem').first()).toContainText(/warning .*Seq Scan on orders/s);
  });
});

test('a press before the page is ready is done later, and sends nothing', async ({ page }) => {
  const posted: string[] = [];
  page.on('request', (request) => request.method() === 'POST' && !request.url().includes('/api/') && posted.push(request.url()));
  const sent: string[] = [];
  page.on('request', (request) => (request.postData() ?? '').includes('Hash') && sent.push(request.url()));
  await page.route('**/*.wasm', async (route) => {
    await new Promise((done) => setTimeout(done, 3_000));
    await route.continue();
  });
  await page.goto('/plan', { waitUntil: 'commit' });
  const field = page.getByRole('textbox', { name: 'Plan', exact: true });
  await field.fill(JOIN);
  await page.getByRole('button', { name: 'Show the plan' }).click();
  await expect(page.locator('html')).not.toHaveAttribute('data-js', 'on');
  await expect(page.getByText('The plan is shown as soon as this page has loaded')).toBeVisible();
  await expect(page).toHaveURL(/\/plan$/);
  await expect(verdict(page)).toContainText(/of \d+ nodes? takes?/);
  await expect(tree(page)).toBeVisible();
  expect(posted).toEqual([]);
  expect(sent).toEqual([]);
});
