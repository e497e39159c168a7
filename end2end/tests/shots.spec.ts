// A picture of every page, wide and narrow, light and dark, kept in test-results/shots; and while
// there: nothing jumps, nothing sticks out.
import { LOOKS, PAGES, expect, openAs, test, type Page } from '../support/page';

/** The largest sum of shifts that is still calm. */
const MOST_SHIFT = 0.05;

async function shoot(page: Page, name: string, look: (typeof LOOKS)[number]) {
  const what = `${name}, ${look.width} px, ${look.theme}`;
  // A tick of activity, in which nothing may jump.
  await page.waitForTimeout(1_500);
  const shift = await page.evaluate(
    () =>
      new Promise<number>((done) => {
        let sum = 0;
        // What moves because somebody has just pressed something is no surprise.
        type Shift = PerformanceEntry & { value: number; hadRecentInput: boolean };
        const add = (entries: PerformanceEntry[]) =>
          (entries as Shift[]).filter((entry) => !entry.hadRecentInput).forEach((entry) => (sum += entry.value));
        new PerformanceObserver((list) => add(list.getEntries())).observe({ type: 'layout-shift', buffered: true });
        setTimeout(() => done(sum), 100);
      }),
  );
  expect.soft(shift, `layout shift of ${what}`).toBeLessThanOrEqual(MOST_SHIFT);
  const sticksOut = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect.soft(sticksOut, `pixels beyond the right edge of ${what}`).toBeLessThanOrEqual(0);
  await page.screenshot({ path: `test-results/shots/${name}-${look.width}-${look.theme}.png`, fullPage: true });
}

for (const { name, path, heading } of PAGES) {
  test(`${name} as a picture`, async ({ page }) => {
    test.setTimeout(60_000);
    for (const look of LOOKS) {
      await openAs(page, path, look);
      await expect(page.getByRole('heading', { level: 1, name: heading })).toBeVisible();
      await shoot(page, name, look);
    }
  });
}

test('an open session and an open finding as a picture', async ({ page }) => {
  test.setTimeout(60_000);
  for (const look of LOOKS) {
    await openAs(page, '/s/primary/activity?q=shop', look);
    const forgotten = page.getByRole('region', { name: 'Findings' }).getByText(/has been idle in transaction for/);
    if (await forgotten.count()) await forgotten.first().click();
    await page.getByRole('table').getByRole('link', { name: /^\d+$/ }).first().click();
    await expect(page.getByRole('region', { name: /^Session \d+$/ })).toBeVisible();
    await shoot(page, 'session', look);
  }
});
