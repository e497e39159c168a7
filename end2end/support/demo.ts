// The demo that all tests share: its directories, processes and primary. Tests never start or stop it.
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Client } from 'pg';

/** The session cookie from the one-time link, as Playwright's storage state. */
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

/** Unix socket directory and port of the demo's primary, which trusts local superusers. */
export function primary(): Promise<{ host: string; port: number }> {
  return find(false);
}

/** The same of its standby. */
export function standby(): Promise<{ host: string; port: number }> {
  return find(true);
}

async function find(inRecovery: boolean) {
  for (const host of directories(Number(process.env.PGDECK_DEMO_PID))) {
    const port = Number(readdirSync(host).find((name) => /^\.s\.PGSQL\.\d+$/.test(name))?.split('.').at(-1));
    if (!port) continue;
    const rows = await ask({ host, port }, 'select pg_is_in_recovery() as standby').catch(() => []);
    if (rows[0]?.standby === inRecovery) return { host, port };
  }
  throw new Error(`the demo has no ${inRecovery ? 'standby' : 'primary'}`);
}

async function ask(at: { host: string; port: number }, sql: string) {
  const client = await connect(at, 'end2end');
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Where to connect, and as which role. */
type At = { host: string; port: number; user?: string; database?: string };

/** Opens a session, as superuser by default; the caller ends it. */
export async function connect(at: At, application_name: string): Promise<Client> {
  const client = new Client({ user: 'postgres', database: 'postgres', ...at, application_name });
  await client.connect();
  return client;
}
