// What the planner knows of a table's columns, and which of them go together.
import { expect, open, test } from '../../support/page';

const ORDERS = '/s/primary/columns?database=shop&schema=public&name=orders';

test('each column has its numbers, and they are compared when a person asks', async ({ page }) => {
  await open(page, '/s/primary/table?database=shop&schema=public&name=orders');
  await page.getByRole('link', { name: 'What the planner knows of its columns' }).click();
  const columns = page.getByRole('region', { name: 'What the planner knows of each' });
  await expect(columns.getByRole('row').nth(1)).toBeVisible();
  const together = page.getByRole('region', { name: 'Columns that go together' });
  await together.getByRole('button', { name: 'Compare columns' }).click();
  await expect(together).toContainText(/Compared: |There are no two columns|runs? on this server/);
});

test('a table that is not there is said not to be there', async ({ page }) => {
  await open(page, '/s/primary/columns?database=shop&schema=public&name=none%22%27%3B');
  await expect(page.getByText('There is no table of this name in the database.')).toBeVisible();
  await open(page, ORDERS);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('public.orders');
});
