// Not-found page (status 404).
import { expect, open, test } from '../../support/page';

for (const path of ['/nowhere', '/s/nobody/', '/s/nobody/activity', '/s/primary/nothing']) {
  test(`${path} is not found, says so and leads back`, async ({ page }) => {
    const answer = await page.goto(path);
    expect(answer?.status()).toBe(404);
    const says = page.getByRole('alert');
    await expect(says.getByRole('heading', { name: 'Not found' })).toBeVisible();
    await says.getByRole('link', { name: 'All servers' }).click();
    await expect(page.getByRole('heading', { level: 1, name: 'Fleet' })).toBeVisible();
  });
}

test('an address that is not found is alive all the same', async ({ page }) => {
  await open(page, '/nowhere');
  await expect(page.getByRole('navigation', { name: 'Pages' })).toBeVisible();
});
