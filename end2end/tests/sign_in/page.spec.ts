// Sign-in: one-time link, name and password, sign-out.
import { expect, test } from '../../support/page';
import { NOBODY, serve } from '../../support/pgdeck';

test.use({ storageState: { cookies: [], origins: [] } });

const ADA = { name: 'ada', password: 'a long enough password' };

test('signed out, a page leads to the sign-in page and keeps where to go', async ({ page }) => {
  await page.goto('/s/primary/activity?sort=-pid');
  expect(new URL(page.url()).pathname).toBe('/sign-in');
  expect(new URL(page.url()).searchParams.get('next')).toBe('/s/primary/activity?sort=-pid');
  await expect(page.getByText('Open the link that pgdeck printed when it started.')).toBeVisible();
  await expect(page.getByRole('navigation', { name: 'Pages' })).toBeHidden();
});

test('the link works once', async ({ page }) => {
  await using pgdeck = await serve([NOBODY]);
  await page.goto(pgdeck.link);
  await expect(page.getByRole('heading', { level: 1, name: 'Fleet' })).toBeVisible();
  expect(page.url()).toBe(`${pgdeck.url}/`);
  await page.context().clearCookies();
  await page.goto(pgdeck.link);
  await expect(page.getByRole('alert')).toHaveText('This link has already been used or has expired; pgdeck login-link prints a new one.');
});

test('by name and password: a wrong one is told, the right one goes on', async ({ page }) => {
  await using pgdeck = await serve([NOBODY], ADA);
  await page.goto(`${pgdeck.url}/rules`);
  const signIn = async (password: string) => {
    await page.getByLabel('Name', { exact: true }).fill(ADA.name);
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
  };
  await signIn('not the password');
  await expect(page.getByRole('alert')).toHaveText('Wrong name or password.');
  await signIn(ADA.password);
  await expect(page.getByRole('heading', { level: 1, name: 'Rules' })).toBeVisible();
  expect(page.url()).toBe(`${pgdeck.url}/rules`);
});

test('signing out ends the session on the server too', async ({ page }) => {
  await using pgdeck = await serve([NOBODY]);
  await page.goto(pgdeck.link);
  const cookies = await page.context().cookies();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page).toHaveURL(`${pgdeck.url}/sign-in`);
  await page.context().addCookies(cookies);
  await page.goto(`${pgdeck.url}/about`);
  expect(new URL(page.url()).pathname).toBe('/sign-in');
});
