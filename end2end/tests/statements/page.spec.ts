// The ranking of statements: texts, numbers, order, windows, filters, and what the numbers rest on.
import { expect, open, test, verdict, type Page } from '../../support/page';

const table = (page: Page) => page.getByRole('group', { name: 'Statements', exact: true });
const rows = (page: Page) => table(page).locator('tbody tr');

/** Opens the page once the extension has been read twice. */
async function ranked(page: Page, path: string) {
  await expect
    .poll(async () => {
      await open(page, path);
      return rows(page).count();
    }, { timeout: 40_000 })
    .toBeGreaterThan(3);
}

test('the costliest statement comes first, with its text and its share', async ({ page }) => {
  test.setTimeout(60_000);
  await ranked(page, '/s/primary/statements');
  await expect(verdict(page)).toContainText(/of execution in|statement/);
  const first = rows(page).first();
  await expect(first).toContainText(/query id -?\d+/);
  await expect(first.getByRole('cell').first()).toHaveText(/^(≥ )?[\d.,]+\s(µs|ms|s|min)/);
  await expect(first.getByRole('cell').nth(1)).toHaveText(/%$/);
  await expect(rows(page).getByText(/select|update|insert/i).first()).toBeVisible();
  await expect(page.getByRole('region', { name: 'What these numbers rest on' })).toContainText(/of the time that sessions spent executing|is unknown/);
});

test('a heading orders by calls, and stands in the address', async ({ page }) => {
  test.setTimeout(60_000);
  await ranked(page, '/s/primary/statements');
  await table(page).getByRole('link', { name: 'Calls' }).click();
  await expect(page).toHaveURL(/sort=-calls/);
  const heading = page.getByRole('columnheader', { name: 'Calls' });
  await expect(heading).toHaveAttribute('aria-sort', 'descending');
});

test('a window of the past is compared, filtered and grouped by its address alone', async ({ page }) => {
  test.setTimeout(90_000);
  await ranked(page, '/s/primary/statements?range=1h');
  await page.getByRole('navigation', { name: 'Compare with' }).getByRole('link', { name: 'As long before' }).click();
  await expect(page).toHaveURL(/range=1h.*with=previous/);
  // The demo is younger than an hour: nothing is called new that was only not watched.
  await expect(page.getByText(/^(Nothing is compared|Compared with \d)/)).toBeVisible();
  await page.getByRole('navigation', { name: 'Columns' }).getByRole('link', { name: 'Blocks' }).click();
  await expect(table(page).getByRole('columnheader', { name: 'Shared read' })).toBeVisible();
  await page.getByRole('navigation', { name: 'Group by' }).getByRole('link', { name: 'Table' }).click();
  await expect(page).toHaveURL(/group=table/);
  await expect(rows(page).filter({ hasText: /\d+ statements?/ }).first()).toBeVisible();
  await open(page, '/s/primary/statements?range=1h&q=no+such+words');
  await expect(page.getByText('No statement matches the filter.')).toBeVisible();
  await open(page, '/s/primary/statements?range=%3Cb%3E&with=%3Ci%3E');
  await expect(page.getByRole('alert').filter({ hasText: 'range in the address' }).first()).toBeVisible();
  await expect(page.getByRole('alert').filter({ hasText: 'nothing is compared' })).toBeVisible();
});

test('two windows of the same length: what changed is said', async ({ page }) => {
  test.setTimeout(90_000);
  await ranked(page, '/s/primary/statements?range=1h');
  await expect
    .poll(async () => {
      const now = Date.now();
      await open(page, `/s/primary/statements?from=${now - 12_000}&to=${now}&with=${now - 24_000}&sort=-change-total`);
      return rows(page).first().getByRole('cell').filter({ hasText: /^\+/ }).count();
    }, { timeout: 60_000 })
    .toBeGreaterThan(0);
  await expect(page.getByText(/^Compared with \d/)).toBeVisible();
  const heading = table(page).getByRole('columnheader', { name: 'Time change' });
  await expect(heading).toHaveAttribute('aria-sort', 'descending');
});

test('a statement has a page: text, figures, charts, and the way to its plan', async ({ page }) => {
  test.setTimeout(90_000);
  await ranked(page, '/s/primary/statements?range=1h&q=orders');
  await rows(page).filter({ hasText: /select/i }).first().getByRole('link').first().click();
  await expect(page).toHaveURL(/\/statements\/-?\d+\?range=1h/);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Statement of primary');
  await expect(page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: /^Statements/ })).toHaveAttribute('aria-current', 'true');
  await expect(verdict(page)).toContainText(/calls? of .* each/);
  await expect(page.getByRole('banner')).toContainText('1 hour');
  await expect(page.getByRole('region', { name: 'Plans seen' })).toBeVisible();
  await expect(page.getByRole('region', { name: 'In this window' })).toContainText('Standard error of the mean');
  await expect(page.getByRole('figure').filter({ hasText: 'Calls per second' })).toBeVisible();
  const latency = page.getByRole('region', { name: 'Latency' });
  await expect(latency.getByRole('figure').filter({ hasText: "From the server's log" })).toContainText(/any duration|has no run of it|not read/);
  await expect(latency.getByRole('figure').filter({ hasText: 'From sampled sessions' })).toContainText(/once a second/);
  const text = page.getByRole('region', { name: 'Text' });
  await expect(text).toContainText(/explain \((generic_plan, )?verbose, settings\)/);
  await text.getByRole('button', { name: 'Open on the plan page' }).click();
  await expect(page).toHaveURL(/\/plan$/);
  await expect(page.locator('textarea[name=statement]')).toHaveValue(/orders/);
});

test('a statement that is none, or that did nothing, is said to be so', async ({ page }) => {
  await open(page, '/s/primary/statements/drop%20table');
  await expect(page.getByText(/a query id is a whole number/).first()).toBeVisible();
  await open(page, '/s/primary/statements/4711');
  await expect(verdict(page)).toContainText(/not known to have ended|No history|first reading/);
});

test('on a phone a statement is a card with all its numbers, each with its heading', async ({ page }) => {
  test.setTimeout(60_000);
  await page.setViewportSize({ width: 390, height: 844 });
  await ranked(page, '/s/primary/statements');
  const sideways = await table(page).evaluate((group) => group.scrollWidth - group.clientWidth);
  expect(sideways).toBeLessThanOrEqual(0);
  const numbers = rows(page).first().getByRole('cell').and(page.locator('[data-label]'));
  expect(await numbers.count()).toBeGreaterThan(5);
  for (const number of await numbers.all()) {
    const box = (await number.boundingBox())!;
    expect(box.x).toBeGreaterThanOrEqual(0);
    expect(box.x + box.width).toBeLessThanOrEqual(390);
    expect(await number.evaluate((cell) => getComputedStyle(cell, '::before').content)).toBe(`"${await number.getAttribute('data-label')}"`);
  }
  await table(page).getByRole('link', { name: 'Calls' }).click();
  await expect(page).toHaveURL(/sort=-calls/);
});
