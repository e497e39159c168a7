// A lock pile-up on the demo's primary: sessions that wait for one advisory lock.
import { randomInt } from 'node:crypto';
import type { Client } from 'pg';
import { connect, primary } from './demo';

export type Pile = { name: string; key: number; end: () => Promise<void> };

/** One session holds an advisory lock and idles; the waiters wait for it. */
export async function pile(waiters: number, name = `pile-${randomInt(1e9)}`, user?: 'shop'): Promise<Pile> {
  // pg_signal_backend does not cover sessions of superusers.
  const at = { ...(await primary()), ...(user && { user, database: user }) };
  const key = randomInt(1e9);
  const all: Client[] = [];
  const holder = await connect(at, name);
  holder.on('error', () => {}); // The test may terminate it.
  await holder.query(`begin; select pg_advisory_xact_lock(${key})`);
  for (let n = 0; n < waiters; n++) {
    const waiter = await connect(at, name);
    all.push(waiter);
    waiter.on('error', () => {});
    // Fails when its session is terminated.
    waiter.query(`select pg_advisory_xact_lock(${key})`).catch(() => {});
    await new Promise((done) => setTimeout(done, 10));
  }
  return {
    name,
    key,
    end: async () => {
      await holder.end();
      await Promise.all(all.map((waiter) => waiter.end()));
    },
  };
}
