// Benchmark: layout shifts of the live pages while the demo's troubles come and go, for five minutes
// (MINUTES sets another length). Run by `make bench`.
import { expect, test } from '@playwright/test';
import { start } from '../support/pgdeck';
import { browser as launch } from './pgdeck';

const MINUTES = Number(process.env.MINUTES ?? 5);
/** The largest single shift allowed (docs/limits.md#layout-shift). */
const MOST = 0.05;
const PAGES = ['/', '/s/primary/', '/s/primary/activity', '/s/primary/locks', '/s/primary/replication'];

type Shift = { value: number; at: number; what: string };

test('nothing jumps on live pages', async () => {
  test.setTimeout((MINUTES + 4) * 60_000);
  const demo = await start(['demo', '--without-past', '--listen', '127.0.0.1:0'], 90_000);
  const browser = await launch();
  try {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    await (await context.newPage()).goto(demo.link);
    const open = PAGES.map(async (path) => {
      const page = await context.newPage();
      await page.goto(demo.url + path);
      await page.locator('html[data-js=on]').waitFor();
      await page.evaluate(() => {
        const shifts: Shift[] = ((window as unknown as { shifts: Shift[] }).shifts = []);
        type Entry = PerformanceEntry & { value: number; hadRecentInput: boolean; sources: { node: Node | null; previousRect: DOMRectReadOnly; currentRect: DOMRectReadOnly }[] };
        const name = (node: Node | null) => (node instanceof Element ? `${node.localName}.${node.classList}` : (node?.nodeName ?? 'gone'));
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries() as Entry[]) {
            if (entry.hadRecentInput) continue;
            const what = entry.sources.map((s) => `${name(s.node)} ${Math.round(s.previousRect.y)}→${Math.round(s.currentRect.y)}`).join(', ');
            shifts.push({ value: entry.value, at: Math.round(entry.startTime / 1000), what });
          }
        }).observe({ type: 'layout-shift' });
      });
      return { path, page };
    });
    const pages = await Promise.all(open);
    await pages[0].page.waitForTimeout(MINUTES * 60_000);
    console.log(`page                       shifts   largest   of ${MOST}   where`);
    for (const { path, page } of pages) {
      const shifts = await page.evaluate(() => (window as unknown as { shifts: Shift[] }).shifts);
      const worst = shifts.reduce<Shift>((a, b) => (b.value > a.value ? b : a), { value: 0, at: 0, what: '' });
      console.log(`${path.padEnd(25)} ${String(shifts.length).padStart(7)} ${worst.value.toFixed(4).padStart(9)} ${(worst.value / MOST).toFixed(2).padStart(9)}   ${worst.what} at ${worst.at} s`);
      expect.soft(worst.value, `${path}: ${worst.what}`).toBeLessThanOrEqual(MOST);
    }
  } finally {
    await browser.close();
    await demo.stop();
  }
});
