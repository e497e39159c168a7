// The ranking of statements: texts, numbers, order, and what the numbers rest on.
import { expect, open, test, verdict } from '../../support/page';

const rows = (page: import('@playwright/test').Page) => page.getByRole('group', { name: 'Statements', exact: true }).locator('tbody tr');

/** Opens the page once the extension has been read twice. */
async function ranked(page: import('@playwright/test').Page, path: string) {
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
  await page.getByRole('group', { name: 'Statements', exact: true }).getByRole('link', { name: 'Calls' }).click();
  await expect(page).toHaveURL(/sort=-calls/);
  const heading = page.getByRole('columnheader', { name: 'Calls' });
  await expect(heading).toHaveAttribute('aria-sort', 'descending');
});
