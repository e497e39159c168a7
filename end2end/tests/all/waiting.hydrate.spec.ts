// A page whose answer does not come says so and lets its reader go.
import { expect, open, test } from '../../support/page';

test('a page that does not come can be left', async ({ page }) => {
  await open(page, '/');
  // Never answered.
  await page.route('**/api/rules*', () => {});
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Rules' }).click();
  await expect(page.getByText('Waiting for the rules.')).toBeVisible();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page).toHaveURL(/\/$/);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Fleet');
});
