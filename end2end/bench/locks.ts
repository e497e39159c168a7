// Benchmark: the wait-for graph of a lock pile-up in headless Chromium, pgdeck compared with npm dagre and
// elkjs on the same nodes and edges. PGDECK names the binary.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { chromium, test, type Page } from '@playwright/test';

const ROOT = resolve(__dirname, '../..');
const BINARY = process.env.PGDECK ?? [resolve(ROOT, 'target/release/pgdeck'), resolve(ROOT, 'target/debug/pgdeck')].find(existsSync)!;
const MODULES = resolve(ROOT, 'target/tools/npm/node_modules');
const DAGRE = join(MODULES, '@dagrejs/dagre/dist/dagre.min.js');
const ELK = join(MODULES, 'elkjs/lib/elk.bundled.js');
/** What a peer gets before it counts as not done, ms. */
const LIMIT_MS = Number(process.env.LIMIT_S ?? 120) * 1_000;
/** Nothing changes for this long: the picture is stable, ms. */
const QUIET_MS = 300;
const ROUNDS = 5;
const NOW = Date.UTC(2026, 0, 1);

type Queue = { holder: [number, string]; waiters: [number, string][] };

/** A reader, DDL that waits for it, everybody else behind the DDL. */
const behindDdl = (n: number): Queue[] => [{ holder: [0, 'ACCESS_SHARE'], waiters: Array.from({ length: n }, (_, at) => [at + 1, at === 0 ? 'ACCESS_EXCLUSIVE' : 'ACCESS_SHARE']) }];

/** Everybody holds one row that five others want. */
const tree = (n: number): Queue[] =>
  Array.from({ length: Math.floor(n / 5) + 1 }, (_, holder) => ({
    holder: [holder, 'EXCLUSIVE'] as [number, string],
    waiters: [1, 2, 3, 4, 5].map((k) => holder * 5 + k).filter((k) => k <= n).map((k) => [k, 'EXCLUSIVE'] as [number, string]),
  })).filter((queue) => queue.waiters.length > 0);

const MODES = ['ACCESS_SHARE', 'ROW_SHARE', 'ROW_EXCLUSIVE', 'SHARE_UPDATE_EXCLUSIVE', 'SHARE', 'SHARE_ROW_EXCLUSIVE', 'EXCLUSIVE', 'ACCESS_EXCLUSIVE'];

/** A recording of one server on which so many wait. */
function recording(n: number, queues: Queue[]) {
  const latest = (reading: unknown) => ({ now_ms: NOW, every_ms: 1_000, reading, failure: null });
  const unknown = { Err: 'NotYet' };
  const session = { backend_type: 'client backend', application_name: 'checkout', usename: 'shop', datname: 'shop', state: 'active', xact_start_ms: NOW - 60_000, query: 'update orders set state = 2 where id = 1' };
  const graph = {
    server_now_ms: NOW,
    nodes: Array.from({ length: n + 1 }, (_, at) => ({ pid: 1_000 + at, session })),
    queues: queues.map(({ holder, waiters }, at) => ({
      object: { kind: 'relation', database: 5, relation: 16_384 + at, name: `orders_${at}` },
      holders: [{ node: holder[0], pid: 1_000 + holder[0], modes: 1 << MODES.indexOf(holder[1]), fastpath: false }],
      waiters: waiters.map(([node, mode]) => ({ node, pid: 1_000 + node, mode, waitstart_us: (NOW - 30_000) * 1_000 + node })),
    })),
    roots: [{ node: 0, holds_up: n, waited_ms: 1, longest_ms: 1, frees_now: 1, frees: n, freed_ms: 1, in_cycle: false }],
    cycles: [],
    complete: true,
  };
  const value = { server_now_ms: NOW, waiting: n, graph: { Ok: graph }, prepared: unknown, table: unknown, counters: unknown, rates: unknown, serialization_failures: unknown, others: { Ok: null } };
  const nothing = latest(null);
  const headline = { transactions_per_s: null, connections: null, max_connections: null, active: null, waiting_for_lock: null, cache_hit_percent: null, lag_bytes: null, lag_ms: null, transactions_spark: [] };
  const summary = { id: 'pile', labels: [], address: 'nowhere:5432', link: 'Up', facts: null, worst: null, headline };
  return { format: 1, servers: [[summary, { overview: nothing, activity: nothing, locks: latest({ at_ms: NOW, took_ms: 1, value, findings: [], not_checked: [] }), replication: nothing, vacuum: nothing }]] };
}

async function pgdeck(file: string): Promise<{ url: string; link: string; stop: () => void }> {
  const child = spawn(BINARY, ['serve', '--recording', file, '--listen', '127.0.0.1:0', '--data-dir', mkdtempSync(join(tmpdir(), 'pgdeck-bench-'))], { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  for await (const part of child.stdout!) {
    out += part;
    const link = out.match(/Open (http\S+)/)?.[1];
    if (link) return { url: new URL(link).origin, link, stop: () => child.kill('SIGKILL') };
  }
  throw new Error('pgdeck did not open');
}

/** Presses a link, waits for what it brings, until nothing has changed for a while; ms to the last paint. */
function pressed(page: Page, selector: string, brings: string): Promise<number> {
  return page.evaluate(
    ([selector, quiet, brings]) =>
      new Promise<number>((done) => {
        const begun = performance.now();
        const there = () => document.querySelector(brings as string) !== null;
        let last = begun;
        let changed = false;
        const observer = new MutationObserver(() => (changed = true));
        observer.observe(document.querySelector('main')!, { subtree: true, childList: true, attributes: true });
        const look = () => {
          if (changed) [last, changed] = [performance.now(), false];
          if (there() && last > begun && performance.now() - last > (quiet as number)) done(last - begun);
          else requestAnimationFrame(look);
        };
        document.querySelector<HTMLElement>(selector as string)!.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true }));
        requestAnimationFrame(look);
      }),
    [selector, QUIET_MS, brings] as const,
  );
}

/** Lays out and draws with a peer, to the paint after it; ms. */
const DRAW = `
  const draw = (nodes, edges, width, height) => {
    const ns = 'http://www.w3.org/2000/svg';
    const svg = document.createElementNS(ns, 'svg');
    svg.setAttribute('width', width); svg.setAttribute('height', height);
    const add = (name, attributes, text) => { const e = document.createElementNS(ns, name); for (const k in attributes) e.setAttribute(k, attributes[k]); if (text) e.textContent = text; svg.append(e); };
    for (const points of edges) add('path', { d: 'M' + points.map((p) => p.x + ' ' + p.y).join('L'), fill: 'none', stroke: 'grey' });
    for (const n of nodes) { add('rect', { x: n.x, y: n.y, width: 268, height: 60, fill: 'white', stroke: 'black' }); for (const k of [19, 36, 52]) add('text', { x: n.x + 14, y: n.y + k }, n.id + ' waits for a lock'); }
    document.body.replaceChildren(svg);
  };
  const painted = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));`;
const WITH_DAGRE = `${DRAW}
  const g = new dagre.graphlib.Graph(); g.setGraph({ rankdir: 'LR', ranksep: 56, nodesep: 12 }); g.setDefaultEdgeLabel(() => ({}));
  for (let n = 0; n <= count; n++) g.setNode(String(n), { width: 268, height: 60 });
  for (const [from, to] of edges) g.setEdge(String(from), String(to));
  dagre.layout(g);
  draw(g.nodes().map((id) => ({ id, x: g.node(id).x - 134, y: g.node(id).y - 30 })), g.edges().map((e) => g.edge(e).points), g.graph().width, g.graph().height);
  await painted();`;
const WITH_ELK = `${DRAW}
  const elk = new ELK();
  const out = await elk.layout({ id: 'root', layoutOptions: { 'elk.algorithm': 'layered', 'elk.direction': 'RIGHT' },
    children: Array.from({ length: count + 1 }, (_, n) => ({ id: String(n), width: 268, height: 60 })),
    edges: edges.map(([from, to], n) => ({ id: 'e' + n, sources: [String(from)], targets: [String(to)] })) });
  draw(out.children, out.edges.map((e) => [e.sections[0].startPoint, ...(e.sections[0].bendPoints ?? []), e.sections[0].endPoint]), out.width, out.height);
  await painted();`;

async function peer(page: Page, script: string, run: string, count: number, edges: [number, number][]): Promise<number | null> {
  await page.goto('about:blank');
  await page.addScriptTag({ content: readFileSync(script, 'utf8') });
  const work = page
    .evaluate(
      async ([run, count, edges]) => {
        const begun = performance.now();
        const Async = Object.getPrototypeOf(async () => {}).constructor;
        await new Async('count', 'edges', run as string)(count, edges);
        return performance.now() - begun;
      },
      [run, count, edges] as const,
    )
    // A peer that breaks has not been slow: say so instead of counting it.
    .catch((error) => {
      throw new Error(`${script} broke: ${String(error).slice(0, 300)}`);
    });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((done) => (timer = setTimeout(() => done(null), LIMIT_MS)));
  const result = await Promise.race([work, late]);
  clearTimeout(timer);
  return result;
}

/** The same edges as pgdeck draws: blocker to waiter. */
function edgesOf(queues: Queue[]): [number, number][] {
  return queues.flatMap(({ holder, waiters }) => waiters.map(([node, mode], at): [number, number] => [mode === 'ACCESS_SHARE' && at > 0 ? waiters[0][0] : holder[0], node]));
}

const median = (all: number[]) => [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)];

async function main() {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
  console.log(`binary ${BINARY.replace(`${ROOT}/`, '')}; medians of ${ROUNDS} for pgdeck, one run for the others`);
  console.log('graph       waiters  pgdeck ms  opened ms  elements   dagre ms  ratio     elk ms  ratio');
  for (const [name, make] of [['behind DDL', behindDdl], ['tree', tree]] as const) {
    for (const count of (process.env.WAITERS ?? '200,1000,5000').split(',').map(Number)) {
      const queues = make(count);
      const file = join(mkdtempSync(join(tmpdir(), 'pgdeck-bench-')), 'pile.json');
      writeFileSync(file, JSON.stringify(recording(count, queues)));
      const ours = await pgdeck(file);
      const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
      const page = await context.newPage();
      await page.goto(ours.link);
      const [shown, opened] = [[], []] as number[][];
      let elements = 0;
      for (let round = 0; round < ROUNDS; round++) {
        await page.goto(`${ours.url}/s/pile/locks?view=table`);
        await page.locator('html[data-js]').waitFor();
        await page.waitForTimeout(500);
        shown.push(await pressed(page, '.views a', '.lock-graph'));
        const fold = (await page.locator('.lock-graph .fold').count()) > 0;
        // A graph without folds shows the panel of its first box instead.
        opened.push(await pressed(page, fold ? '.lock-graph .fold' : '.lock-graph a', fold ? '.lock-graph a:nth-of-type(12)' : '.drawer'));
        elements = await page.evaluate(() => document.querySelectorAll('*').length);
      }
      ours.stop();
      await context.close();
      const blank = await browser.newPage();
      const dagre = await peer(blank, DAGRE, WITH_DAGRE, count, edgesOf(queues));
      const second = dagre === null ? await browser.newPage() : blank;
      const elk = await peer(second, ELK, WITH_ELK, count, edgesOf(queues));
      const ms = median(shown);
      const told = (other: number | null) => (other === null ? [`> ${LIMIT_MS / 1_000} s`, `> ${(LIMIT_MS / ms).toFixed(0)}`] : [other.toFixed(0), (other / ms).toFixed(1)]);
      const [[d, dr], [e, er]] = [told(dagre), told(elk)];
      console.log(`${name.padEnd(11)} ${String(count).padStart(7)}  ${ms.toFixed(0).padStart(9)}  ${median(opened).toFixed(0).padStart(9)}  ${String(elements).padStart(8)}  ${d.padStart(9)}  ${dr.padStart(5)}  ${e.padStart(9)}  ${er.padStart(5)}`);
      // A page that hangs is not waited for.
      void blank.close().catch(() => {});
      if (second !== blank) void second.close().catch(() => {});
    }
  }
  await browser.close();
}

test('a pile-up beside dagre and elkjs', async () => {
  test.setTimeout(0);
  await main();
});
