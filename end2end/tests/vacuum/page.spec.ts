// Vacuum: IDs left, what is due, what holds back the horizon, and the simulator in the address.
import { connect, primary } from '../../support/demo';
import { expect, open, test, verdict } from '../../support/page';

test('ages, the queue and what holds back the horizon', async ({ page }) => {
  test.slow();
  const session = await connect(await primary(), 'vacuum-horizon');
  session.on('error', () => {});
  await session.query('begin isolation level repeatable read');
  await session.query('select 1');
  const pid = (await session.query('select pg_backend_pid() as pid')).rows[0].pid;
  try {
    await expect(async () => {
      await open(page, '/s/primary/vacuum');
      const horizon = page.getByRole('region', { name: 'What holds back the xmin horizon' });
      await expect(horizon.getByRole('row').filter({ hasText: `pid ${pid}` })).toContainText('Open the session', { timeout: 1_000 });
    }).toPass({ timeout: 60_000 });
    await expect(verdict(page)).not.toBeEmpty();
    const left = page.getByRole('region', { name: 'IDs left' });
    await expect(left.getByRole('row').filter({ hasText: 'transaction IDs' }).first()).toContainText('autovacuum freezes by force');
    // Every limit, by its name in the glossary too, and a date or why there is none.
    await left.getByText('What happens at which age').first().click();
    for (const limit of ['failsafe', 'warnings', 'the server stops']) {
      const row = left.getByRole('row').filter({ hasText: limit }).first();
      await expect(row).toContainText(/\d{4}-\d{2}-\d{2}, in|unknown|reached|not within/);
    }
    // Which runs were canceled is told by the log, or that it cannot be read.
    const canceled = page.getByRole('region', { name: 'Canceled and skipped' });
    await expect(canceled).toContainText(/log/);
  } finally {
    await session.end();
  }
});

test('the simulator answers what the address asks', async ({ page }) => {
  test.slow();
  await expect(async () => {
    await open(page, '/s/primary/vacuum');
    const waiting = page.getByRole('region', { name: 'Nearest to being due' });
    await expect(waiting).toContainText(/from being due|of every threshold|are listed/, { timeout: 1_000 });
  }).toPass({ timeout: 60_000 });
  await open(page, '/s/primary/vacuum?database=nowhere&schema=public&table=missing');
  const simulator = page.getByRole('region', { name: 'When it would have run' });
  await expect(simulator).toContainText('There is no table of that name');
  await expect(simulator.getByLabel('Table', { exact: true })).toHaveValue('missing');
});

test('what was tried is printed as a statement with its undo', async ({ page }) => {
  test.slow();
  await expect(async () => {
    await open(page, '/s/primary/vacuum?database=shop&schema=public&table=orders&scale_factor=0.0123');
    const simulator = page.getByRole('region', { name: 'When it would have run' });
    await expect(simulator).toContainText('set (autovacuum_vacuum_scale_factor = 0.0123)', { timeout: 2_000 });
    await expect(simulator).toContainText(/reset \(autovacuum_vacuum_scale_factor\)|set \(autovacuum_vacuum_scale_factor = /);
  }).toPass({ timeout: 60_000 });
});
