// About page: resource usage of pgdeck itself.
import { expect, open, test, valueOf } from '../../support/page';

test('pgdeck tells its own memory, sessions and queries', async ({ page }) => {
  await open(page, '/about');
  await expect(page.getByText(/^pgdeck holds \d+ sessions? on \d servers and spends [\d.]+\s(µs|ms|s) per second waiting for results\.$/)).toBeVisible();
  await expect(valueOf(page, /^Memory in use$/)).toHaveText(/^[\d.]+\sMiB$/);
  await expect(valueOf(page, /^Version$/)).toHaveText(/^\d+\.\d+\.\d+/);
  const primary = page.getByRole('region', { name: 'Load on primary' });
  await expect(primary).toContainText(/^primary[1-3] of 3 sessions open/);
  await expect(primary).toContainText(/keeps one server process busy for at most [\d.]+\s% of the time/);
  const statement = page.locator('[id="sessions.14.sql"]');
  await expect(statement.getByRole('code').filter({ hasText: 'pg_stat_get_activity' }).first()).toBeHidden();
  await statement.locator('summary').click();
  await expect(statement.getByRole('code').filter({ hasText: 'pg_stat_get_activity' }).first()).toBeVisible();
  const activity = primary.getByRole('group', { name: 'Areas read from primary' }).getByRole('row', { name: /^activity/ });
  await expect(activity.getByRole('cell').nth(0)).toHaveText(/^\d+\ss$/);
  const queries = primary.getByRole('group', { name: 'Queries run on primary' }).getByRole('row');
  const licences = page.getByRole('region', { name: 'Licences' });
  await expect(licences).toContainText(/It contains \d+ crates of others/);
  await licences.locator('summary', { hasText: /^MIT OR Apache-2\.0: / }).click();
  await expect(licences.getByText(/(^|, )serde 1\.\d/)).toBeVisible();
  expect(await queries.count()).toBeGreaterThan(3);
  await expect(queries.nth(1).getByRole('cell').nth(1)).toHaveText('0');
});
