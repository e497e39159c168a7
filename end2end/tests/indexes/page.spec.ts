// The list of indexes: what each is on, its size and scans, filters and order in the address, and what is unknown.
import { expect, open, test, verdict, type Page } from '../../support/page';

const table = (page: Page) => page.getByRole('group', { name: 'Indexes', exact: true });
const rows = (page: Page) => table(page).locator('tbody tr');

/** Opens the page once the indexes have been read. */
async function listed(page: Page, path: string) {
  await expect
    .poll(async () => {
      await open(page, path);
      return rows(page).count();
    }, { timeout: 60_000 })
    .toBeGreaterThan(0);
}

test('every index has its table, columns, size and scans, and its definition', async ({ page }) => {
  test.setTimeout(90_000);
  await listed(page, '/s/primary/indexes');
  await expect(verdict(page)).toContainText(/index/i);
  const first = rows(page).first();
  await expect(first).toContainText(/\w+\.\w+, database \w+/);
  await expect(first.getByRole('cell').nth(1)).toHaveText(/^[\d.,]+\s(B|KiB|MiB|GiB)/);
  await expect(first.getByRole('cell').nth(2)).toHaveText(/\d\s(B|KiB|MiB|GiB)|unknown/);
  await expect(first.getByRole('cell').nth(3)).toContainText(/since/);
  await first.getByText(/^Definition/).click();
  await expect(first.locator('details pre').first()).toContainText(/CREATE (UNIQUE )?INDEX/);
  await expect(page.getByRole('region', { name: 'What these numbers rest on' })).toContainText(/Called unused is what|standby/);
});

test('a heading orders, a filter narrows, and both stand in the address', async ({ page }) => {
  test.setTimeout(90_000);
  await listed(page, '/s/primary/indexes');
  await table(page).getByRole('link', { name: 'Scans' }).click();
  await expect(page).toHaveURL(/sort=-scans/);
  await expect(page.getByRole('columnheader', { name: 'Scans' })).toHaveAttribute('aria-sort', 'descending');
  await page.getByRole('search').getByRole('searchbox').fill('_pkey');
  await page.getByRole('search').getByRole('button', { name: 'Show' }).click();
  await expect(page).toHaveURL(/q=_pkey.*sort=-scans/);
  await expect(rows(page).first()).toContainText('primary key');
  await open(page, '/s/primary/indexes?q=no+such+words');
  await expect(page.getByText('No index matches the filter.')).toBeVisible();
  await open(page, '/s/primary/indexes?sort=%3Cb%3E');
  await expect(page.getByRole('alert').filter({ hasText: 'order in the address' })).toBeVisible();
});

test('of B-trees it is estimated what building them anew gives back, of others it is unknown', async ({ page }) => {
  test.setTimeout(150_000);
  await expect
    .poll(async () => {
      await open(page, '/s/primary/indexes?q=sessions&sort=-reclaimable');
      return rows(page).first().getByRole('cell').nth(2).textContent();
    }, { timeout: 120_000 })
    .toMatch(/\d\s(B|KiB|MiB)/);
  await expect(page.getByRole('columnheader', { name: 'Reclaimable' })).toHaveAttribute('aria-sort', 'descending');
  await open(page, '/s/primary/indexes?problem=tables/bloated_index');
  await expect(page.getByRole('combobox', { name: 'Problem' })).toHaveValue('tables/bloated_index');
});
