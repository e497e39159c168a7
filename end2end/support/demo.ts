// The demo all tests look at. Knows where it runs; tests never start or stop it.
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Client } from 'pg';

/** Cookies of the person who followed the one-time link. */
export const SIGNED_IN = resolve(__dirname, '../test-results/signed-in.json');

/** The directories of the demo's servers, while it runs. */
export function directories(pid: number): string[] {
  const ours = new RegExp(`^pgdeck-playground-.*-${pid}-\\d+$`);
  return readdirSync(tmpdir()).filter((name) => ours.test(name)).map((name) => join(tmpdir(), name));
}

/** Processes whose command line names a directory of the demo's servers. */
export function servers(pid: number): string[] {
  const ours = new RegExp(`pgdeck-playground-[^/]*-${pid}-\\d+/`);
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => {
      try {
        return readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch {
        return ''; // It has just ended.
      }
    })
    .filter((command) => ours.test(command));
}

/** Where a superuser reaches the demo's primary: its socket trusts us. */
export async function primary(): Promise<{ host: string; port: number }> {
  for (const host of directories(Number(process.env.PGDECK_DEMO_PID))) {
    const port = Number(readdirSync(host).find((name) => /^\.s\.PGSQL\.\d+$/.test(name))?.split('.').at(-1));
    if (!port) continue;
    const rows = await ask({ host, port }, 'select pg_is_in_recovery() as standby').catch(() => []);
    if (rows[0]?.standby === false) return { host, port };
  }
  throw new Error('the demo has no primary');
}

async function ask(at: { host: string; port: number }, sql: string) {
  const client = await connect(at, 'end2end');
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

/** A session of a superuser under this application_name; the caller ends it. */
type At = { host: string; port: number; user?: string; database?: string };

/** Connects, as a superuser where nobody else is named. */
export async function connect(at: At, application_name: string): Promise<Client> {
  const client = new Client({ user: 'postgres', database: 'postgres', ...at, application_name });
  await client.connect();
  return client;
}
