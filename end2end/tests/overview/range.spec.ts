// The past of the charts: a range in the address, with and without JavaScript.
import { expect, open, test } from '../../support/page';

test('a range of the history is drawn, and live is one click away', async ({ page }) => {
  // Readings are written every five seconds; the demo has just begun.
  await expect
    .poll(
      async () => {
        await open(page, '/s/primary/?range=1h');
        return page.getByRole('figure', { name: /^Transactions per second/ }).locator('tbody tr').count();
      },
      { timeout: 25_000 },
    )
    .toBeGreaterThan(1);
  const ranges = page.getByRole('navigation', { name: 'Time range of the charts' });
  await expect(ranges.getByRole('link', { name: '1 hour' })).toHaveAttribute('aria-current', 'true');
  await expect(page.getByRole('figure', { name: /^Average active sessions by wait class/ })).toContainText(/CPU|Lock|Timeout/);
  await ranges.getByRole('link', { name: 'Live', exact: true }).click();
  await expect(page).toHaveURL(/\/s\/primary\/$/);
  await expect(ranges.getByRole('link', { name: 'Live', exact: true })).toHaveAttribute('aria-current', 'true');
  await expect(ranges.getByRole('link', { name: '1 hour' })).not.toHaveAttribute('aria-current', 'true');
});

test('a range that is none is refused in one sentence, and the page is live', async ({ page }) => {
  await open(page, '/s/primary/activity?range=<b>soon');
  await expect(page.getByRole('alert')).toHaveText(/^The range in the address is none of live, 1h, .+; shown is live\.$/);
  await expect(page.getByRole('figure', { name: /^Average active sessions by wait class/ })).toBeVisible();
});
