// Replication page: topology, and replication lag in bytes and time.
import { expect, hasJavaScript, open, test, valueOf, verdict } from '../../support/page';

const BYTES = /^[\d.]+\s(B|KiB|MiB|GiB)$/;
const TIME = /^([\d.]+\s(ns|µs|ms|s|min|h)( \d+\s(s|min))?|none)$/;

test('the drawing names its servers and says each stream in words', async ({ page }) => {
  await open(page, '/s/primary/replication');
  const drawing = page.getByRole('group', { name: 'Servers and the streams of WAL between them' });
  await expect(drawing.getByRole('link', { name: /^primary,? primary/ })).toBeVisible();
  await expect(drawing.getByRole('link', { name: /^standby,? standby/ })).toBeVisible();
  await expect(page.getByText(/^primary to standby: streaming, async, [\d.]+\s(B|KiB|MiB|GiB) not replayed yet$/)).toBeVisible();
  await page.evaluate(() => document.documentElement.setAttribute('data-before', ''));
  await drawing.getByRole('link', { name: /^standby,? standby/ }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Replication of standby' })).toBeVisible();
  // With JavaScript the document is not reloaded.
  await expect(page.locator('html[data-before]')).toHaveCount(hasJavaScript() ? 1 : 0);
});

test('a sender tells its lag in bytes and in time', async ({ page }) => {
  await open(page, '/s/primary/replication');
  const senders = page.getByRole('region', { name: 'Senders' });
  const heads = await senders.getByRole('columnheader').allInnerTexts();
  const standby = senders.getByRole('row', { name: /^standby/ });
  // The first column is the row's header.
  const cell = (head: string) => standby.getByRole('cell').nth(heads.indexOf(head) - 1);
  for (const head of ['Not sent', 'Flushed, not replayed', 'All']) await expect(cell(head)).toHaveText(BYTES);
  for (const head of ['Write lag', 'Flush lag', 'Replay lag']) await expect(cell(head)).toHaveText(TIME);
  await expect(cell('State')).toHaveText('streaming');
  await expect(page.getByRole('region', { name: 'Slots' }).getByRole('row', { name: /^standby physical/ })).toContainText('active, pid');
});

test('a standby tells its own lag and whether queries are cancelled', async ({ page }) => {
  await open(page, '/s/standby/replication');
  await expect(verdict(page)).toHaveText(/^((Warning|Critical): )?This standby (is .+ behind|has .+ left to replay)/);
  const own = page.getByRole('region', { name: 'This server' });
  await expect(own).toContainText(/[\d.]+\s(ns|µs|ms|s|min) and [\d.]+\s(B|KiB|MiB) behind\./);
  await expect(own).toContainText('max_standby_streaming_delay = 30s');
  await expect(valueOf(page, /^Receives from$/)).toHaveText(/^127\.0\.0\.1, port \d+$/);
});

test('lag over time is drawn in time and in bytes', async ({ page }) => {
  await open(page, '/s/primary/replication');
  await expect(page.getByRole('figure', { name: 'Replication lag, time time' })).toContainText(/worst standby\s*[\d.]+\s(ns|µs|ms|s|min)/);
  await expect(page.getByRole('figure', { name: 'Replication lag, WAL bytes' })).toContainText(/worst standby\s*[\d.]+\s(B|KiB|MiB|GiB)/);
});
