// Measuring bloat on request: what it would read, what is missing with its SQL, the budget, and the result.
import { expect, open, test, type Page } from '../../support/page';

const ORDERS = '/s/primary/measure?database=shop&relation=orders';
const result = (page: Page) => page.getByRole('region', { name: 'Result' });
const ways = (page: Page) => page.getByRole('region', { name: 'Ways to measure' });

test('a table is named in a form and its bloat measured', async ({ page }) => {
  await open(page, '/s/primary/measure');
  await expect(page.getByText('Nothing is read before you ask for it.')).toBeVisible();
  await page.getByRole('textbox', { name: 'Database' }).fill('shop');
  await page.getByRole('textbox', { name: 'Table or index' }).fill('orders');
  await page.getByRole('button', { name: 'Look' }).click();
  await expect(ways(page)).toContainText('pgstattuple_approx');
  await ways(page).getByRole('button', { name: 'Measure with pgstattuple', exact: true }).click();
  await expect(result(page)).toContainText(/would be given back \(.*percentage points\)/);
  await expect(result(page)).toContainText('Dropped columns are not seen');
  // It is the newest result from then on.
  await open(page, ORDERS);
  await expect(result(page)).toContainText('would be given back');
});

test('a budget that is too small is kept', async ({ page }) => {
  // Another test may have something run on the server: one at a time.
  await expect(async () => {
    await open(page, ORDERS);
    await page.getByLabel('Read at most').fill('0');
    await page.getByLabel('Read at most').evaluate((field) => field.removeAttribute('min'));
    await ways(page).getByRole('button', { name: 'Measure with pgstattuple', exact: true }).click();
    await expect(result(page)).toContainText(/It would read .*, and may read 0/, { timeout: 3_000 });
  }).toPass({ timeout: 20_000 });
});

test('what is missing is shown with the SQL that provides it', async ({ page }) => {
  await open(page, ORDERS);
  await expect(ways(page)).toContainText('create extension pg_freespacemap;');
  await expect(ways(page).getByRole('button', { name: 'Measure with pg_freespace' })).toBeDisabled();
});

test('a table that is not there is said to be none', async ({ page }) => {
  await open(page, '/s/primary/measure?database=shop&relation=none%22%27%3B');
  await expect(page.getByRole('alert')).toContainText('There is no table or index of that name');
});
