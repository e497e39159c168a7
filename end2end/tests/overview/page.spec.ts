// Overview page of a server: verdict, numbers, charts with their data tables.
import { allFindings, expect, open, test, valueOf, verdict } from '../../support/page';

const PANELS = [
  ['Average active sessions by wait class', ''],
  ['Connections', ''],
  ['Transactions per second', 'per second'],
  ['Transactions rolled back', 'percent'],
  ['Blocks found in shared buffers', 'percent'],
  ['Replication lag, time', 'time'],
  ['Replication lag, WAL', 'bytes'],
  ['Sessions waiting for a lock', ''],
  ['Longest wait for a lock', 'time'],
  ['Statements running longer than 1 s', ''],
  ['WAL', 'bytes per second'],
  ['Checkpoint time', 'time'],
  ['Temporary files', 'bytes per second'],
] as const;

test('headline numbers carry units', async ({ page }) => {
  await open(page, '/s/primary/');
  await expect(verdict(page)).toHaveText(/\S.*\.$/);
  await expect(valueOf(page, /^Transactions$/)).toHaveText(/^[\d.]+( k)?\/s$/);
  await expect(valueOf(page, /^Connections of 100$/)).toHaveText(/^\d+$/);
  await expect(valueOf(page, /^Active sessions$/)).toHaveText(/^\d+$/);
  await expect(valueOf(page, /^Waiting for a lock$/)).toHaveText(/^\d+$/);
  await expect(valueOf(page, /^Buffer cache hits$/)).toHaveText(/^[\d.]+\s%$/);
  await expect(valueOf(page, /^Rows read$/)).toHaveText(/^[\d.]+( k| M)?\/s$|^[\d.]+ [kM]\/s$/);
  await expect(valueOf(page, /^WAL$/)).toHaveText(/^[\d.]+\s(B|KiB|MiB|GiB)\/s$/);
});

test('every panel says what it shows and in what unit, with its data in a table', async ({ page }) => {
  await open(page, '/s/primary/');
  await expect(page.getByRole('figure')).toHaveCount(4);
  await page.getByText('More charts').click();
  await expect(page.getByRole('figure')).toHaveCount(PANELS.length);
  for (const [title, unit] of PANELS) {
    const panel = page.getByRole('figure', { name: `${title} ${unit}`.trim(), exact: true });
    await expect(panel.getByRole('heading', { name: title, exact: true })).toBeVisible();
    await panel.getByText('Data points').click();
    const table = panel.getByRole('table');
    await expect(table.getByRole('columnheader').first()).toHaveText('Time (UTC)');
    await expect(table.getByRole('rowheader').first()).toHaveText(/^\d\d:\d\d:\d\d$/);
    await expect(table.getByRole('cell').first()).toHaveText(/^([\d.]+|unknown)$/);
  }
});

test('a finding opens its evidence and its remedy in place', async ({ page }) => {
  test.setTimeout(120_000);
  // Not the session that also blocks others: another rule reports that one.
  const finding = page.getByRole('region', { name: 'Findings' }).getByRole('group').filter({ hasText: /has been idle in transaction for [\d.]+\s\w+(\s\d+\s\w+)?\./ }).first();
  // The rule fires after a minute of idling.
  await expect(async () => {
    await open(page, '/s/primary/');
    await allFindings(page);
    await expect(finding).toBeVisible({ timeout: 1_000 });
  }).toPass({ timeout: 100_000, intervals: [1_000] });
  await expect(finding).toContainText(/pid \d+.* has been idle in transaction for .*\./);
  await expect(finding.getByText('What to do:')).toBeHidden();
  await finding.getByText(/has been idle in transaction for/).click();
  await expect(finding.getByText('What to do:')).toBeVisible();
  await expect(finding.getByRole('definition').first()).toHaveText(/^[\d.]+\s(s|min|h)( \d+\s(s|min))?$/);
  await expect(finding.getByRole('code').first()).toContainText(/pg_terminate_backend|idle_in_transaction_session_timeout/);
  await expect(finding.getByRole('link', { name: 'activity/idle_in_transaction' })).toHaveAttribute('href', '/rules#activity/idle_in_transaction');
});

test('transaction id ages stand beside the age that forces a vacuum', async ({ page }) => {
  await open(page, '/s/primary/');
  const ages = page.getByRole('region', { name: 'Transaction ID age' });
  const shop = ages.getByRole('row', { name: /^shop/ });
  await expect(shop.getByRole('cell').nth(0)).toHaveText(/^[\d.]+ (k |M )?xids$/);
  await expect(shop.getByRole('cell').nth(1)).toHaveText(/^[\d.]+\s%$/);
  await expect(ages).toContainText('At 200 M xids autovacuum freezes a table');
});

test('each database stands with its rates, size and age', async ({ page }) => {
  const shop = page.getByRole('region', { name: 'Databases' }).getByRole('row', { name: /^shop/ });
  const cell = (heading: RegExp) => shop.getByRole('cell', { name: heading }).first();
  await expect(async () => {
    await open(page, '/s/primary/');
    await expect(cell(/^\d.*\/s$/)).toBeVisible({ timeout: 1_000 });
    await expect(cell(/^[\d.]+\s[KMG]iB$/)).toBeVisible({ timeout: 1_000 });
    await expect(cell(/xids$/)).toBeVisible({ timeout: 1_000 });
  }).toPass({ timeout: 30_000 });
});

test('the facts name version, kind and what our role may do', async ({ page }) => {
  test.setTimeout(120_000);
  await open(page, '/s/standby/');
  const facts = page.getByRole('region', { name: 'Server' });
  await expect(facts).toContainText(/PostgreSQL \d\d\.\d/);
  await expect(valueOf(page, /^Role$/)).toHaveText('standby');
  await expect(valueOf(page, /^Connected to$/)).toHaveText('database shop as pgdeck (has pg_monitor)');
  // In its first minute a server shows "less than a minute".
  await expect(async () => {
    await open(page, '/s/standby/');
    await expect(valueOf(page, /^Up for$/)).toHaveText(/^[1-9]\d*\s(min|h)/, { timeout: 1_000 });
  }).toPass({ timeout: 90_000, intervals: [1_000] });
});
