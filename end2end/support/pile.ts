// Sessions of our own that wait for each other on the demo's primary, under a name of their own.
import { randomInt } from 'node:crypto';
import type { Client } from 'pg';
import { connect, primary } from './demo';

export type Pile = { name: string; key: number; end: () => Promise<void> };

/** One session holds an advisory lock and idles; so many others wait for it. */
export async function pile(waiters: number, name = `pile-${randomInt(1e9)}`, user?: 'shop'): Promise<Pile> {
  // Sessions of superusers are not ended by those who may end others'.
  const at = { ...(await primary()), ...(user && { user, database: user }) };
  const key = randomInt(1e9);
  const all: Client[] = [];
  const holder = await connect(at, name);
  holder.on('error', () => {}); // It may be ended from outside.
  await holder.query(`begin; select pg_advisory_xact_lock(${key})`);
  for (let n = 0; n < waiters; n++) {
    const waiter = await connect(at, name);
    all.push(waiter);
    waiter.on('error', () => {});
    // It ends when the holder does, or with its session.
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
