// A click on a page whose code cannot be fetched: one sentence, another try, and no crash.
import { expect, open, test, verdict } from '../../support/page';
import { fixture, paste } from '../../support/plan';

test('a page that cannot be loaded is said to be so, and is loaded once it can be', async ({ page, context }) => {
  const failed: string[] = [];
  page.on('pageerror', (error) => failed.push(String(error)));
  await open(page, '/rules');
  await context.setOffline(true);
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Glossary' }).click();
  const says = page.getByText('Glossary could not be loaded: pgdeck cannot be reached.');
  await expect(says).toBeVisible();
  // The page that is shown goes on.
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Rules');
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(says).toBeVisible();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(says).toBeHidden();
  await expect(page).toHaveURL(/\/rules$/);
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Glossary' }).click();
  await expect(says).toBeVisible();
  await context.setOffline(false);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Glossary');
  await expect(page.locator('html')).toHaveAttribute('data-js', 'on');
  expect(failed).toEqual([]);
});

test('a plan that is pasted while its code cannot be fetched is shown once it can be', async ({ page, context }) => {
  await open(page, '/plan');
  await context.setOffline(true);
  await paste(page, fixture('17/hash_join.txt'));
  const says = page.getByText('A part of this page could not be loaded: pgdeck cannot be reached.');
  await expect(says).toBeVisible();
  await expect(verdict(page)).toHaveText('The plan is read as soon as the code for it is loaded.');
  await context.setOffline(false);
  await expect(verdict(page)).toContainText(/of \d+ nodes? takes?/);
  await expect(says).toBeHidden();
});
