// Benchmark: a pasted plan in headless Chromium, pgdeck compared with npm pev2: paste to stable paint,
// elements, heap, panning. Run by `make bench`; PGDECK names the binary, the release by default.
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join, resolve } from 'node:path';
import { test, type Browser, type Page } from '@playwright/test';
import { BINARY, ROOT, browser as launch, pgdeck } from './pgdeck';
import { append, joins, plan } from './plans';

const PEV2 = resolve(ROOT, 'target/tools/npm/node_modules');
/** What pev2 gets before it counts as not done, ms. */
const LIMIT_MS = 120_000;
/** Nothing changes for this long: the picture is stable, ms. */
const QUIET_MS = 500;

/** Runs `start` in the page and waits until nothing has changed for a while; ms to the last paint. */
async function stable(page: Page, start: string, text: string): Promise<number> {
  return page.evaluate(
    ([start, text, quiet]) =>
      new Promise<number>((done) => {
        const begun = performance.now();
        let last = begun;
        let changed = false;
        const observer = new MutationObserver(() => (changed = true));
        // The sidebar follows the servers and is not part of the plan.
        observer.observe(document.querySelector('main') ?? document.body, { subtree: true, childList: true, attributes: true, characterData: true });
        const look = () => {
          if (changed) [last, changed] = [performance.now(), false];
          if (last > begun && performance.now() - last > (quiet as number)) done(last - begun);
          else requestAnimationFrame(look);
        };
        (new Function('text', start as string))(text);
        requestAnimationFrame(look);
      }),
    [start, text, QUIET_MS] as const,
  );
}

const PASTE = `const data = new DataTransfer(); data.setData('text/plain', text);
  document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));`;

async function weigh(page: Page) {
  const elements = await page.evaluate(() => document.querySelectorAll('*').length);
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  const wasm = await page.evaluate(() => (performance as unknown as { memory: { usedJSHeapSize: number } }).memory.usedJSHeapSize);
  return { elements, heap_mib: Math.max(usedSize, wasm) / 1024 / 1024 };
}

/** The slowest but 5 % of frames while the wheel turns, ms. */
async function panning(page: Page): Promise<number> {
  const box = await page.locator('.plan-tree').boundingBox();
  if (!box) return NaN;
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  const frames = page.evaluate(
    () =>
      new Promise<number[]>((done) => {
        const all: number[] = [];
        let before = performance.now();
        const step = (now: number) => {
          all.push(now - before);
          before = now;
          if (all.length < 120) requestAnimationFrame(step);
          else done(all.slice(5));
        };
        requestAnimationFrame(step);
      }),
  );
  for (let turn = 0; turn < 80; turn++) await page.mouse.wheel(turn % 20 < 10 ? 90 : -90, turn % 2 ? 30 : -30);
  const sorted = (await frames).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length * 0.95)];
}

/** pev2 in a page of its own, with nothing else. */
function pev2(): Promise<{ url: string; stop: () => void }> {
  const files: Record<string, [string, string]> = {
    '/vue.js': ['vue/dist/vue.global.prod.js', 'text/javascript'],
    '/pev2.js': ['pev2/dist/pev2.umd.js', 'text/javascript'],
    '/pev2.css': ['pev2/dist/pev2.css', 'text/css'],
  };
  const html = `<!DOCTYPE html><meta charset="utf-8"><link rel="stylesheet" href="/pev2.css"><div id="app" style="height:900px"></div><script src="/vue.js"></script><script src="/pev2.js"></script>`;
  const server = createServer((request, answer) => {
    const file = files[request.url ?? ''];
    answer.setHeader('content-type', file ? file[1] : 'text/html');
    answer.end(file && existsSync(join(PEV2, file[0])) ? readFileSync(join(PEV2, file[0])) : html);
  });
  return new Promise((done) => server.listen(0, '127.0.0.1', () => done({ url: `http://127.0.0.1:${(server.address() as { port: number }).port}/`, stop: () => server.close() })));
}

const MOUNT = `const app = Vue.createApp({ data: () => ({ plan: text }), template: '<pev2 :plan-source="plan" plan-query=""/>' });
  app.component('pev2', pev2.Plan); app.mount('#app');`;

async function within<T>(browser: Browser, run: (page: Page) => Promise<T>, page: Page): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((done) => (timer = setTimeout(() => done(null), LIMIT_MS)));
  const running = run(page);
  // After the limit its page is closed, which is no failure.
  running.catch(() => {});
  return Promise.race([running, late]).finally(() => clearTimeout(timer));
}

async function main() {
  const browser = await launch();
  const [ours, theirs] = [await pgdeck(), await pev2()];
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  await (await context.newPage()).goto(ours.link);
  const sizes = (process.env.NODES ?? '1000,5000,10000').split(',').map(Number);
  const withPev2 = existsSync(join(PEV2, 'pev2')) && !process.env.NO_PEV2;
  console.log(`binary ${BINARY.replace(`${ROOT}/`, '')}; pev2 ${withPev2 ? 'beside it' : 'not installed'}`);
  console.log('plan    nodes form    pgdeck ms  elements  heap MiB  pan p95 ms    pev2 ms   ratio');
  for (const [shape, make] of [['append', append], ['joins', joins]] as const) {
    for (const nodes of sizes) {
      for (const pretty of [true, false]) {
        const text = plan(make(nodes), pretty);
        const page = await context.newPage();
        await page.goto(`${ours.url}/plan`);
        await page.locator('html[data-js]').waitFor();
        await page.waitForTimeout(1_000);
        const ms = await stable(page, PASTE, text);
        const { elements, heap_mib } = await weigh(page);
        const p95 = await panning(page);
        await page.close();
        let other: number | null = null;
        if (withPev2) {
          const page = await browser.newPage();
          await page.goto(theirs.url);
          other = await within(browser, (page) => stable(page, MOUNT, text), page);
          // A page that hangs is not waited for.
          void page.close().catch(() => {});
        }
        const [shown, ratio] = !withPev2 ? ['-', '-'] : other === null ? [`> ${LIMIT_MS / 1000} s`, `> ${(LIMIT_MS / ms).toFixed(0)}`] : [other.toFixed(0), (other / ms).toFixed(0)];
        console.log(`${shape.padEnd(7)} ${String(nodes).padStart(5)} ${(pretty ? 'pretty' : 'line').padEnd(7)} ${ms.toFixed(0).padStart(9)} ${String(elements).padStart(9)} ${heap_mib.toFixed(1).padStart(9)} ${p95.toFixed(1).padStart(11)} ${shown.padStart(10)} ${ratio.padStart(7)}`);
      }
    }
  }
  ours.stop();
  theirs.stop();
  await browser.close();
}

test('a pasted plan beside pev2', async () => {
  test.setTimeout(0);
  await main();
});
