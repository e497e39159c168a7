// Global setup: starts the demo and signs in. Teardown: graceful shutdown, and nothing is left behind.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { SIGNED_IN, directories, servers } from './demo';
import { start, type Pgdeck } from './pgdeck';

export default async function () {
  // What needs a past has a demo of its own; the index that is missing costs a part of a core all the time.
  const demo = await start(['demo', '--without-past', '--without', 'dropped-index', '--listen', '127.0.0.1:0'], 60_000);
  process.env.PGDECK_URL = demo.url;
  process.env.PGDECK_DEMO_PID = String(demo.pid);
  try {
    await signIn(demo);
    await until(120_000, 'the demo did not open its shop', () => demo.said().includes('the shop is open'));
  } catch (error) {
    await demo.stop();
    throw error;
  }
  return async () => {
    const code = await demo.stop();
    if (code !== 0) throw new Error(`pgdeck demo ended with code ${code}; it said: ${demo.said()}`);
    const left = [...servers(demo.pid), ...directories(demo.pid)];
    if (left.length > 0) throw new Error(`pgdeck demo left behind: ${left.join(', ')}`);
    if (/panicked/.test(demo.said())) throw new Error(`pgdeck demo panicked: ${demo.said()}`);
  };
}

async function signIn(demo: Pgdeck) {
  const answer = await fetch(demo.link, { redirect: 'manual' });
  const [name, value] = (answer.headers.getSetCookie()[0] ?? '').split(';')[0].split('=');
  if (answer.status !== 303 || !value) throw new Error(`the one-time link answered ${answer.status}`);
  const cookie = { name, value, domain: '127.0.0.1', path: '/', expires: -1, httpOnly: true, secure: false, sameSite: 'Strict' };
  mkdirSync(dirname(SIGNED_IN), { recursive: true });
  writeFileSync(SIGNED_IN, JSON.stringify({ cookies: [cookie], origins: [] }));
}

async function until(patienceMs: number, says: string, holds: () => boolean) {
  const end = Date.now() + patienceMs;
  while (!holds()) {
    if (Date.now() > end) throw new Error(says);
    await new Promise((done) => setTimeout(done, 100));
  }
}
