// The navigation: groups that fold, badges that stay, menus on phones; with and without JavaScript.
import { ROUTES, expect, open, test } from '../../support/page';

const OF_NOW = ['Overview', 'Activity', 'Locks', 'Replication'];

test('a group folds and unfolds, and its badge stays', async ({ page }) => {
  await open(page, '/s/primary/');
  const pages = page.getByRole('navigation', { name: 'Pages' });
  const now = pages.getByText('Now', { exact: true });
  for (const label of OF_NOW) await expect(pages.getByRole('link', { name: label })).toBeVisible();
  // The demo's troubles are findings of the areas in this group.
  await expect(pages.getByRole('link', { name: /Locks/ }).locator('.badge')).toBeVisible();
  await now.click();
  for (const label of OF_NOW) await expect(pages.getByRole('link', { name: label })).toBeHidden();
  await expect(pages.getByRole('group').filter({ hasText: 'Now' }).locator('summary .badge')).toBeVisible();
  await now.click();
  for (const label of OF_NOW) await expect(pages.getByRole('link', { name: label })).toBeVisible();
});

test('on a phone each group is a menu that leads to its pages', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await open(page, '/s/primary/');
  const pages = page.getByRole('navigation', { name: 'Pages' });
  await expect(pages.getByRole('link', { name: 'Replication' })).toBeHidden();
  await pages.getByText('Now', { exact: true }).click();
  const link = pages.getByRole('link', { name: 'Replication' });
  await expect(link).toBeInViewport({ ratio: 1 });
  expect((await link.boundingBox())!.height, 'a target for a thumb').toBeGreaterThanOrEqual(44);
  // One menu at a time.
  await pages.getByText('Reference', { exact: true }).click();
  await expect(link).toBeHidden();
  await expect(pages.getByRole('link', { name: 'Glossary' })).toBeInViewport({ ratio: 1 });
  await pages.getByText('Now', { exact: true }).click();
  await link.click();
  await expect(page.getByRole('heading', { level: 1, name: 'Replication of primary' })).toBeVisible();
  await expect(link).toBeHidden();
});

test('every page of the route table that is not hidden is in the navigation', async ({ page }) => {
  await open(page, '/s/primary/');
  const pages = page.getByRole('navigation', { name: 'Pages' });
  for (const { path } of ROUTES.filter((route) => route.key)) await expect(pages.locator(`a[href="${path}"]`).first()).toBeVisible();
});
