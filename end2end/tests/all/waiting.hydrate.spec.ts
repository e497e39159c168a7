// Client-side navigation that never completes: a message and a cancel button.
import { expect, open, test } from '../../support/page';

test('a page that does not come can be left', async ({ page }) => {
  await open(page, '/');
  // The request is never answered.
  await page.route('**/api/rules*', () => {});
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Rules' }).click();
  await expect(page.getByText('Waiting for Rules …')).toBeVisible();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page).toHaveURL(/\/$/);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Fleet');
});
