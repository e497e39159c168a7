// The load: average active sessions by group over a range, and what made it.
import { connect, primary } from '../../support/demo';
import { expect, open, test, verdict } from '../../support/page';

test('the load is drawn, ranked and grouped by what the address says', async ({ page }) => {
  // Readings are written every five seconds; the demo has just begun.
  await expect(async () => {
    await open(page, '/s/primary/load');
    await expect(verdict(page)).toHaveText(/^[\d.]+ sessions were active on average.*\.$/, { timeout: 1_000 });
  }).toPass({ timeout: 25_000 });
  const chart = page.getByRole('figure', { name: /^Average active sessions by wait class/ });
  await expect(chart).toContainText(/CPU/);
  const made = page.getByRole('region', { name: 'What made it' });
  await expect(made.getByRole('row').nth(1)).toHaveText(/\d%|\d\s%/);
  await expect(page.getByRole('region', { name: 'Statements' }).getByRole('row').nth(1)).toContainText(/query id/);
  await page.getByRole('navigation', { name: 'Group by' }).getByRole('link', { name: 'Wait event' }).click();
  await expect(page).toHaveURL(/\?by=event$/);
  await expect(page.getByRole('figure', { name: /^Average active sessions by wait event/ })).toBeVisible();
  await expect(made.getByRole('columnheader', { name: 'What it means' })).toBeVisible();
  await open(page, '/s/primary/load?from=2026-01-02T03:00Z&to=2026-01-02T05:00Z&by=role');
  await expect(verdict(page)).toHaveText('Nothing was recorded in this time.');
  await expect(made).toContainText('No session was active in this time.');
});

test('a statement that has never ended has its text', async ({ page }) => {
  const session = await connect(await primary(), 'never-ended');
  session.on('error', () => {}); // It is ended below.
  // The relation makes the statement a new one for pg_stat_statements, which knows no text of it until it ends.
  await session.query('create temp table never_ended as select 1 as n');
  const pid = (await session.query('select pg_backend_pid() as pid')).rows[0].pid;
  const statement = session.query('select pg_sleep(120) from never_ended').catch(() => {});
  try {
    await expect(async () => {
      await open(page, '/s/primary/load');
      const rows = page.getByRole('region', { name: 'Statements' }).getByRole('row');
      await expect(rows.filter({ hasText: 'from never_ended' })).toContainText('pg_sleep($1)', { timeout: 1_000 });
    }).toPass({ timeout: 25_000 });
  } finally {
    const other = await connect(await primary(), 'never-ended');
    await other.query('select pg_terminate_backend($1)', [pid]);
    await other.end();
    await statement;
  }
});
