// A verdict is grey with its reason while pgdeck is frozen or gone, or the person is signed out.
import { primary } from '../../support/demo';
import { alive, expect, test, verdict } from '../../support/page';
import { serve } from '../../support/pgdeck';

async function dsn(): Promise<string> {
  const { host, port } = await primary();
  return `host=${host} port=${port} user=postgres dbname=postgres`;
}

test('a frozen pgdeck is told soon, and forgotten when it goes on', async ({ page }) => {
  test.setTimeout(60_000);
  await using pgdeck = await serve([await dsn()]);
  await page.goto(pgdeck.link);
  await alive(page);
  await page.getByRole('main').getByRole('link').first().click();
  await expect(page.getByRole('heading', { level: 2, name: 'Panels' })).toBeAttached();
  await expect(verdict(page)).not.toHaveClass(/unknown/);
  try {
    process.kill(pgdeck.pid, 'SIGSTOP');
    await expect(verdict(page)).toHaveClass(/unknown/);
    await expect(verdict(page)).toHaveText(/^Unknown: pgdeck is not responding\./);
    // What a click waits for is named meanwhile.
    await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Locks' }).click();
    await expect(page.getByText('Waiting for Locks …')).toBeVisible();
  } finally {
    process.kill(pgdeck.pid, 'SIGCONT');
  }
  await expect(page.getByRole('heading', { level: 1, name: /^Locks of / })).toBeVisible();
  await expect(verdict(page)).not.toHaveClass(/unknown/);
});

test('signed out in another tab, a page no longer vouches for anything', async ({ page }) => {
  await using pgdeck = await serve([await dsn()]);
  await page.goto(pgdeck.link);
  await alive(page);
  await page.getByRole('main').getByRole('link').first().click();
  await expect(verdict(page)).not.toHaveClass(/unknown/);
  const other = await page.context().newPage();
  await other.goto(pgdeck.url);
  await other.getByRole('button', { name: /Sign out/ }).click();
  await expect(other.getByRole('heading', { level: 1, name: 'pgdeck' })).toBeVisible();
  await expect(verdict(page)).toHaveText(/^Unknown: you are signed out\./);
  await expect(verdict(page)).toHaveClass(/unknown/);
});
