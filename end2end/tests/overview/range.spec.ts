// The past of the charts: a range in the address and the top bar, with and without JavaScript.
import { expect, open, test, type Page } from '../../support/page';

const ranges = (page: Page) => page.getByRole('group', { name: 'Time range' });
const menu = (page: Page) => ranges(page).locator('.range-menu > summary');

test('a range of the history is drawn, other pages keep it, and live is one click away', async ({ page }) => {
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
  await expect(menu(page)).toHaveText(/1 hour/);
  await expect(page.getByRole('figure', { name: /^Average active sessions by wait class/ })).toContainText(/CPU|Lock|Timeout/);
  await page.getByRole('navigation', { name: 'Pages' }).first().getByRole('link', { name: /^Activity/ }).click();
  await expect(page).toHaveURL(/\/activity\?range=1h$/);
  await menu(page).click();
  const spans = page.getByRole('navigation', { name: 'Time range of the charts' });
  await expect(spans.getByRole('link', { name: '1 hour' })).toHaveAttribute('aria-current', 'true');
  await spans.getByRole('link', { name: '24 hours' }).click();
  await expect(page).toHaveURL(/\?range=24h$/);
  await ranges(page).getByRole('link', { name: 'Live', exact: true }).first().click();
  await expect(page).toHaveURL(/\/s\/primary\/activity$/);
  await expect(menu(page)).toHaveText(/Live, 5 min/);
});

test('a window is chosen by a form, and half of it earlier and later are links', async ({ page }) => {
  await open(page, '/s/primary/activity?q=state:active');
  await menu(page).click();
  await page.getByLabel(/^From \(UTC\)/).fill('2026-01-02T03:00:00');
  await page.getByLabel(/^To \(UTC\)/).fill('2026-01-02T05:00:00');
  await page.getByRole('button', { name: 'Show', exact: true }).click();
  await expect(menu(page)).toHaveText(/01-02 03:00–05:00/);
  await expect(page).toHaveURL(/q=state%3Aactive/);
  await expect(page.getByRole('figure', { name: /^Average active sessions/ })).toContainText('No history is kept of this time.');
  await ranges(page).locator('> a').first().click();
  await expect(menu(page)).toHaveText(/01-02 02:00–04:00/);
  await ranges(page).locator('> a').nth(1).click();
  await expect(menu(page)).toHaveText(/01-02 03:00–05:00/);
});

test('a range that is none is refused in one sentence, and the page is live', async ({ page }) => {
  await open(page, '/s/primary/activity?range=<b>soon');
  await expect(page.getByRole('alert')).toHaveText(/^The range in the address is none of live, 1h, .+; shown is live\.$/);
  await expect(page.getByRole('figure', { name: /^Average active sessions by wait class/ })).toBeVisible();
  await open(page, '/s/primary/activity?from=2026-02-30T00:00Z&to=<script>');
  await expect(page.getByRole('alert')).toHaveText(/^The window in the address is not two moments, .+; shown is live\.$/);
  await expect(menu(page)).toHaveText(/Live, 5 min/);
});

test('the top bar is one row, on a desk and on a phone', async ({ page }) => {
  for (const width of [1440, 390]) {
    await page.setViewportSize({ width, height: 900 });
    for (const query of ['', '?range=90d', '?from=2026-01-02T03:00:00Z&to=2026-01-03T05:00:00Z']) {
      await open(page, `/s/primary/${query}`);
      const bar = (await page.getByRole('banner').boundingBox())!;
      expect(bar.height, `${width} px, ${query}`).toBeLessThan(64);
      await menu(page).click();
      const panel = (await page.locator('.range-panel').boundingBox())!;
      expect(panel.x).toBeGreaterThanOrEqual(0);
      expect(panel.x + panel.width).toBeLessThanOrEqual(width);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    }
  }
});
