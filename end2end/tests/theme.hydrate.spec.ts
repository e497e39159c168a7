// Light, dark, or as the system says; the choice stays.
import { expect, open, test, type Page } from '../support/page';

const background = (page: Page) => page.getByRole('main').evaluate(() => getComputedStyle(document.body).backgroundColor);

test('the switch changes the theme and a reload keeps it', async ({ page }) => {
  await open(page, '/');
  const light = await background(page);
  await page.getByRole('button', { name: 'Theme: auto' }).click();
  await page.getByRole('button', { name: 'Theme: light' }).click();
  await expect(page.getByRole('button', { name: 'Theme: dark' })).toBeVisible();
  const dark = await background(page);
  expect(dark).not.toBe(light);
  await page.reload();
  await expect(page.getByRole('button', { name: 'Theme: dark' })).toBeVisible();
  expect(await background(page)).toBe(dark);
});

test('without a choice the system decides', async ({ page }) => {
  await open(page, '/');
  const light = await background(page);
  await page.emulateMedia({ colorScheme: 'dark' });
  expect(await background(page)).not.toBe(light);
});
