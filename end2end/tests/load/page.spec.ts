// The load: average active sessions by group over a range, and what made it.
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
