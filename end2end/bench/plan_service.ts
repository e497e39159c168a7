// Benchmark: parsing a plan and attributing its time, without a page: our native code
// (app/plan/examples/time.rs) compared with pev2's plan service in Chromium. Run by `make bench`.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from '@playwright/test';
import { ROOT, browser as launch } from './pgdeck';
import { append, joins, plan } from './plans';

const MODULES = join(ROOT, 'target/tools/npm/node_modules');
const TIME = join(ROOT, 'target/release/examples/time');
/** One line of 10,000 nodes takes pev2 longer than anybody waits. */
const CASES = [[1_000, true], [1_000, false], [10_000, true]] as const;

/** pev2's bundle with its plan service, which it keeps to itself, within reach. */
function service(): string {
  const text = readFileSync(join(MODULES, 'pev2/dist/pev2.umd.js'), 'utf8');
  const name = text.match(/([\w$]+)\.fromSource\(/)?.[1];
  const made = name && new RegExp(`([ ,;])${name.replace('$', '\\$')}=new `);
  if (!made || !made.test(text)) throw new Error('the plan service is not found in this release of pev2');
  return text.replace(made, `$1${name}=globalThis.planService=new `);
}

/** Median of five, ms. */
function ours(file: string): number {
  const run = spawnSync(TIME, [file], { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`${TIME} ended with ${run.status}: ${run.stderr}; build it with cargo build --release -p plan --example time`);
  return Number(run.stdout);
}

test('reading a plan beside the plan service of pev2', async () => {
  test.setTimeout(600_000);
  const browser = await launch();
  const page = await browser.newPage();
  await page.goto('about:blank');
  await page.addScriptTag({ content: readFileSync(join(MODULES, 'vue/dist/vue.global.prod.js'), 'utf8') });
  await page.addScriptTag({ content: service() });
  const folder = mkdtempSync(join(tmpdir(), 'pgdeck-bench-'));
  console.log('plan    nodes form    pgdeck ms   pev2 ms   ratio (goal 10)');
  for (const [shape, make] of [['append', append], ['joins', joins]] as const) {
    for (const [nodes, pretty] of CASES) {
      const text = plan(make(nodes), pretty);
      const file = join(folder, 'plan.json');
      writeFileSync(file, text);
      const mine = ours(file);
      const theirs = await page.evaluate((text) => {
        type Service = { fromSource: (source: string) => unknown; createPlan: (name: string, content: unknown, query: string) => { content: unknown } };
        const service = (globalThis as unknown as { planService: Service }).planService;
        const begun = performance.now();
        const read = service.createPlan('', service.fromSource(text), '');
        if (!read.content) throw new Error('pev2 read nothing');
        return performance.now() - begun;
      }, text);
      const form = pretty ? 'pretty' : 'line';
      console.log(`${shape.padEnd(6)} ${String(nodes).padStart(6)} ${form.padEnd(6)} ${mine.toFixed(1).padStart(9)} ${theirs.toFixed(0).padStart(9)} ${(theirs / mine).toFixed(1).padStart(7)}`);
    }
  }
  await browser.close();
});
