// Theme switch: light, dark, or prefers-color-scheme; the choice persists.
import { expect, open, test, type Page } from '../../support/page';

const ink = (page: Page) => page.getByRole('main').evaluate((main) => getComputedStyle(main).color);

test('the switch changes the theme and a reload keeps it', async ({ page }) => {
  await open(page, '/');
  const light = await ink(page);
  await page.getByRole('button', { name: 'Theme: auto' }).click();
  await page.getByRole('button', { name: 'Theme: light' }).click();
  await expect(page.getByRole('button', { name: 'Theme: dark' })).toBeVisible();
  const dark = await ink(page);
  expect(dark).not.toBe(light);
  await page.reload();
  await expect(page.getByRole('button', { name: 'Theme: dark' })).toBeVisible();
  expect(await ink(page)).toBe(dark);
});

test('without a choice the system decides', async ({ page }) => {
  await open(page, '/');
  const light = await ink(page);
  await page.emulateMedia({ colorScheme: 'dark' });
  expect(await ink(page)).not.toBe(light);
});
