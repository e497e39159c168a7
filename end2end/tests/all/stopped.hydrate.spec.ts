// The alert that the client has crashed is visible only then.
import { expect, open, test } from '../../support/page';

const LINE = 'This page no longer receives updates.';

test('before the stylesheet has come nothing says that the page has stopped', async ({ page }) => {
  await page.route('**/*.css', (route) => route.abort());
  await page.goto('/rules');
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await expect(page.getByText(LINE)).toBeHidden();
});

test('a page that has stopped says so and offers to load it again', async ({ page }) => {
  await open(page, '/rules');
  await page.evaluate(() => (document.documentElement.dataset.js = 'stopped'));
  await expect(page.getByRole('alert').filter({ hasText: LINE })).toBeVisible();
  await page.getByRole('link', { name: 'Reload it' }).click();
  await expect(page.getByText(LINE)).toBeHidden();
});
