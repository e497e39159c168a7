// Operator actions on a blocking session: preview, confirm, result, audit log.
import { Client } from 'pg';
import { connect, primary } from '../../support/demo';
import { expect, hasJavaScript, open, test, type Page } from '../../support/page';
import { pile } from '../../support/pile';

/** A session of the shop that forgot its transaction; nobody else's test looks at it. */
async function victim(what: string): Promise<{ name: string; client: Client }> {
  const name = `${what}-${hasJavaScript() ? 'js' : 'plain'}`;
  const client = new Client({ ...(await primary()), user: 'shop', database: 'shop', application_name: name });
  client.on('error', () => {}); // The test terminates it.
  await client.connect();
  await client.query('begin');
  return { name, client };
}

/** Opens the drawer of the session of that name. */
async function choose(page: Page, name: string) {
  const row = page.getByRole('region', { name: 'Sessions' }).getByRole('row').filter({ hasText: name });
  // Without JavaScript a page shows the latest reading at load time.
  await expect(async () => {
    await open(page, `/s/primary/activity?q=application:${name}`);
    await expect(row).toBeVisible({ timeout: 2_000 });
  }).toPass();
  await row.getByRole('link').click();
}

test('a session is looked at, ended in two steps, seen to have ended, and found in the audit log', async ({ page }) => {
  const { name } = await victim('forgetful');
  await choose(page, name);
  // It runs nothing: cancelling would do nothing, and the page says so instead of offering it.
  const main = page.getByRole('main');
  await expect(page.getByRole('button', { name: 'Cancel …' })).toBeDisabled();
  await expect(main).toContainText('is running nothing. Terminate it instead.');
  await expect(main.getByRole('button', { name: / …$/ }).first()).toHaveText('Terminate …');
  await page.getByRole('button', { name: 'Terminate …' }).click();
  await expect(main).toContainText('pg_catalog.pg_terminate_backend(a.pid)');
  await expect(main).toContainText('Takes no lock on any object');
  const confirm = page.getByRole('button', { name: /^Terminate pid \d+$/ });
  const pid = (await confirm.innerText()).split(' ').at(-1)!;
  await page.getByLabel('Reason, for the audit log').fill(`it forgot its transaction (${name})`);
  await confirm.click();
  await expect(main).toContainText(`pid ${pid} has ended. It took`);
  await open(page, `/audit?q=${name}`);
  await expect(main).toContainText('it forgot its transaction');
  await expect(main).toContainText('worked');
  await expect(main).toContainText('is intact: none was changed or removed.');
});

test('Enter in the reason confirms nothing', async ({ page }) => {
  const { name, client } = await victim('spared');
  try {
    await choose(page, name);
    await page.getByRole('button', { name: 'Terminate …' }).click();
    const reason = page.getByLabel('Reason, for the audit log');
    await reason.fill('x');
    await reason.press('Enter');
    await expect(page.getByRole('button', { name: /^Terminate pid \d+$/ })).toBeVisible();
    await client.query('select 1');
  } finally {
    await client.end();
  }
});

test('a session of a superuser is left alone, and the page says why', async ({ page }) => {
  const name = `root-${hasJavaScript() ? 'js' : 'plain'}`;
  const root = await connect(await primary(), name);
  try {
    await choose(page, name);
    await page.getByRole('button', { name: 'Terminate …' }).click();
    await expect(page.getByRole('main')).toContainText('Only a superuser may signal');
    await expect(page.getByRole('button', { name: /^Terminate pid/ })).toHaveCount(0);
  } finally {
    await root.end();
  }
});

test('several waiters are chosen, looked at together, cancelled, and the others go on waiting', async ({ page }) => {
  const waiting = await pile(3, undefined, 'shop');
  try {
    const boxes = page.getByRole('group', { name: 'Waiters' }).getByRole('checkbox');
    const left = (count: number) =>
      expect(async () => {
        await open(page, `/s/primary/locks?view=table&q=application:${waiting.name}`);
        await expect(boxes).toHaveCount(count, { timeout: 2_000 });
      }).toPass();
    await left(3);
    await boxes.nth(0).check();
    await boxes.nth(1).check();
    await page.getByRole('button', { name: 'Cancel selected …' }).click();
    await expect(page).toHaveURL(/\/s\/primary\/act$/);
    const main = page.getByRole('main');
    await expect(main.locator('.act-targets').getByRole('listitem')).toHaveCount(2);
    await page.getByRole('button', { name: 'Cancel 2 sessions' }).click();
    await expect(main.locator('.act-results').getByRole('listitem')).toHaveCount(2);
    await left(1);
  } finally {
    await waiting.end();
  }
});
