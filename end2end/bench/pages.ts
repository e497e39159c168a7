// Benchmark: transfer size of each page with an empty cache, and time from request to hydration. Run by
// `make bench`.
import { type Page, test } from '@playwright/test';
import { routes } from '../support/pgdeck';
import { browser as launch, pgdeck } from './pgdeck';

/** wasm and JavaScript of the first page, brotli, KB (docs/limits.md#page-weight). */
const GOAL_KB = 350;
const PAGES = routes().pages.map(({ path }) => (path === '/s/:server' ? '/s/nothing/' : path.replace(':server', 'nothing')));

/** What the page has fetched so far. */
async function transferred(page: Page) {
  return page.evaluate(() => {
    const loaded = performance.getEntriesByType('resource') as PerformanceResourceTiming[];
    return loaded.map((file) => ({ name: new URL(file.name).pathname, kb: file.encodedBodySize / 1024 }));
  });
}

function line(what: string, files: Awaited<ReturnType<typeof transferred>>, reacts?: number): string {
  const kb = (end: string) => files.filter((file) => file.name.endsWith(end)).reduce((sum, file) => sum + file.kb, 0);
  // Code splitting: the lazy pages and parts of pages are in separate files (`server/xtask/src/bundle.rs`).
  const [wasm, js] = [kb('.wasm') + kb('.bin'), kb('.js')];
  const requests = files.filter((file) => /\.(wasm|bin|js)$/.test(file.name)).length;
  const figures = [wasm, js, wasm + js].map((one) => one.toFixed(0).padStart(8)).join(' ');
  const time = reacts === undefined ? '' : reacts.toFixed(0);
  return `${what.padEnd(25)} ${String(requests).padStart(8)} ${figures} ${((wasm + js) / GOAL_KB).toFixed(2).padStart(11)} ${time.padStart(11)}`;
}

test('the weight of each page', async () => {
  test.setTimeout(120_000);
  const [browser, ours] = [await launch(), await pgdeck()];
  const signedIn = await browser.newContext();
  await (await signedIn.newPage()).goto(ours.link);
  const storageState = await signedIn.storageState();
  console.log(`page                      requests  wasm KB    js KB    total   of ${GOAL_KB} KB   reacts ms`);
  for (const path of PAGES) {
    const context = await browser.newContext({ storageState });
    const page = await context.newPage();
    const answer = await page.goto(ours.url + path);
    if (answer?.status() === 404) throw new Error(`${path} is no page`);
    await page.locator('html[data-js=on]').waitFor();
    const reacts = await page.evaluate(() => performance.now());
    console.log(line(path, await transferred(page), reacts));
    if (path === '/plan') {
      // The code that reads a plan is fetched with the first one.
      await page.getByRole('link', { name: 'Show an example' }).click();
      await page.locator('.plan-views').waitFor();
      console.log(line('/plan, with a first plan', await transferred(page)));
    }
    await context.close();
  }
  ours.stop();
  await browser.close();
});
