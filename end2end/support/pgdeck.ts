// Starts the pgdeck binary and shuts it down with SIGINT, like Ctrl-C.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const BINARY = resolve(__dirname, '../..', process.env.CARGO_TARGET_DIR ?? 'target', 'debug/pgdeck');

/** The DSN of a server that is down. */
export const NOBODY = 'postgres://nobody@127.0.0.1:1/nothing';

/** A running pgdeck. */
export type Pgdeck = {
  /** Base URL, without a trailing slash. */
  url: string;
  /** The one-time sign-in link; the plain address when people sign in by name. */
  link: string;
  pid: number;
  /** What it has written to standard error so far. */
  said: () => string;
  /** Ends it like Ctrl-C and gives its exit code. */
  stop: () => Promise<number | null>;
  /** Ends it at once. */
  kill: () => Promise<void>;
};

/** The route table that pgdeck prints of itself: the pages in the order of the navigation. */
export function routes(): { pages: Route[] } {
  const { status, stdout, stderr } = spawnSync(BINARY, ['routes', '--json'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`pgdeck routes --json ended with code ${status}; build it with cargo xtask build dev. ${stderr}`);
  return JSON.parse(stdout);
}

/** A page in the route table. */
export type Route = { name: string; path: string; label: string; key: string | null; group: string };

/** Starts pgdeck and waits until it says where to open it. */
export async function start(args: string[], patienceMs = 20_000, env = process.env): Promise<Pgdeck> {
  if (!existsSync(BINARY)) throw new Error('target/debug/pgdeck is missing; build it with cargo xtask build dev.');
  const child = spawn(BINARY, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (data) => (said += data));
  const ended = new Promise<number | null>((done) => child.once('exit', (code) => done(code)));
  const link = await firstLink(child, () => said, patienceMs);
  return {
    url: new URL(link).origin,
    link,
    pid: child.pid!,
    said: () => said,
    stop: () => {
      child.kill('SIGINT');
      return ended;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

function firstLink(child: ChildProcess, said: () => string, patienceMs: number): Promise<string> {
  return new Promise((done, fail) => {
    let out = '';
    const give = (why: string) => {
      child.kill('SIGINT');
      fail(new Error(`pgdeck ${why}; it said: ${said() || 'nothing'}`));
    };
    const timer = setTimeout(() => give(`did not open within ${patienceMs} ms`), patienceMs);
    // Rejecting a settled promise has no effect.
    child.once('exit', (code) => give(`ended with code ${code}`));
    child.stdout!.on('data', (data) => {
      out += data;
      const link = out.match(/^Open (http:\/\/\S+)$/m)?.[1];
      if (link) {
        clearTimeout(timer);
        done(link);
      }
    });
  });
}

/** A pgdeck for one test: watches `dsns`, with its own data directory. */
export async function serve(dsns: string[], user?: { name: string; password: string }) {
  const folder = mkdtempSync(join(tmpdir(), 'pgdeck-end2end-'));
  const data = join(folder, 'data');
  // Tests leave nothing in anybody's home.
  const env = { ...process.env, PGDECK_AUDIT_ANCHOR: join(folder, 'anchor') };
  if (user) {
    const made = spawnSync(BINARY, ['user', 'add', user.name, '--role', 'admin', '--data-dir', data], {
      env,
      input: `${user.password}\n`,
      encoding: 'utf8',
    });
    if (made.status !== 0) throw new Error(`the user could not be added: ${made.stderr}`);
  }
  const pgdeck = await start(['serve', ...dsns, '--listen', '127.0.0.1:0', '--data-dir', data], 20_000, env);
  const stop = async () => {
    await pgdeck.kill();
    rmSync(folder, { recursive: true, force: true });
  };
  return { ...pgdeck, [Symbol.asyncDispose]: stop };
}
