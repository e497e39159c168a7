// The tables of all databases: rows, order, filters, the map and the page of one table.
import { expect, open, test, verdict, type Page } from '../../support/page';

const rows = (page: Page) => page.getByRole('group', { name: 'Tables', exact: true }).locator('tbody tr');

/** Opens the page once the tables have been read. */
async function read(page: Page, path: string) {
  await expect
    .poll(async () => {
      await open(page, path);
      return rows(page).count();
    }, { timeout: 60_000 })
    .toBeGreaterThan(0);
}

test('tables come with their sizes, largest first, and the databases with their age', async ({ page }) => {
  test.setTimeout(90_000);
  await read(page, '/s/primary/tables');
  await expect(verdict(page)).not.toBeEmpty();
  await expect(rows(page).first()).toContainText(/\d\s(KiB|MiB|GiB|B)/);
  await expect(page.getByRole('region', { name: 'Databases' })).toContainText(/now|ago/);
  await page.getByRole('group', { name: 'Tables', exact: true }).getByRole('link', { name: 'Dead rows' }).click();
  await expect(page).toHaveURL(/sort=-dead/);
  await expect(page.getByRole('columnheader', { name: 'Dead rows' }).first()).toHaveAttribute('aria-sort', 'descending');
});

test('a filter and the map stand in the address', async ({ page }) => {
  test.setTimeout(90_000);
  await read(page, '/s/primary/tables?q=orders');
  await expect(rows(page).first()).toContainText('orders');
  const map = page.getByRole('region', { name: 'Where the bytes are' });
  await expect(map.getByRole('link', { name: /orders in / }).first()).toBeVisible();
  await open(page, '/s/primary/tables?q=no+such+table');
  await expect(page.getByText('No table matches.')).toBeVisible();
  await open(page, '/s/primary/tables?kind=%3Cb%3E&sort=%3Ci%3E');
  await expect(page.getByRole('alert').filter({ hasText: 'in the address' }).first()).toBeVisible();
});

test('a table has a page that says why its dead rows stay', async ({ page }) => {
  test.setTimeout(90_000);
  await read(page, '/s/primary/tables?q=orders');
  await rows(page).first().getByRole('link').first().click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('orders');
  await expect(page.getByRole('region', { name: 'Why dead rows stay' })).toContainText(/\w+\./);
  await expect(page.getByRole('region', { name: 'Sizes' })).toContainText('Heap');
  await open(page, '/s/primary/table?database=shop&schema=public&name=%3Cscript%3E');
  await expect(page.getByRole('main')).toContainText(/No table of this name|no database of this name/);
});

test('reclaimable bytes are bars with a band, a column, and what areas of the map stand for', async ({ page }) => {
  test.setTimeout(120_000);
  const panel = page.getByRole('region', { name: 'Reclaimable bytes' });
  await expect
    .poll(async () => {
      await open(page, '/s/primary/tables');
      return panel.getByRole('link', { name: 'public.sessions' }).count();
    }, { timeout: 90_000 })
    .toBe(1);
  const first = panel.locator('tbody tr').first();
  await expect(first).toContainText(/\d\s(MiB|GiB)/);
  await expect(first.locator('svg rect.least')).toHaveAttribute('width', /^[1-9]/);
  await panel.getByRole('link', { name: 'The list in this order' }).click();
  await expect(page).toHaveURL(/sort=-reclaimable/);
  await expect(rows(page).first()).toContainText(/\d\s(MiB|GiB) – /);
  const map = page.getByRole('region', { name: 'Where the bytes are' });
  await map.getByRole('link', { name: 'Reclaimable bytes' }).click();
  await expect(page).toHaveURL(/map=reclaimable/);
  await expect(map.getByRole('link', { name: /public\.sessions in / }).first()).toBeVisible();
});
