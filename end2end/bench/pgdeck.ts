// Shared by the benchmarks: a pgdeck without servers, and the browser.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { chromium } from '@playwright/test';

export const ROOT = resolve(__dirname, '../..');
export const BINARY = process.env.PGDECK ?? [resolve(ROOT, 'target/release/pgdeck'), resolve(ROOT, 'target/debug/pgdeck')].find(existsSync)!;

export async function pgdeck(): Promise<{ url: string; link: string; stop: () => void }> {
  const child = spawn(BINARY, ['serve', 'postgres://nobody@127.0.0.1:1/nothing', '--listen', '127.0.0.1:0', '--data-dir', mkdtempSync(join(tmpdir(), 'pgdeck-bench-'))], { stdio: ['ignore', 'pipe', 'ignore'] });
  let out = '';
  for await (const part of child.stdout!) {
    out += part;
    const link = out.match(/Open (http\S+)/)?.[1];
    if (link) return { url: new URL(link).origin, link, stop: () => child.kill('SIGKILL') };
  }
  throw new Error('pgdeck did not open');
}

export const browser = () =>
  chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--enable-precise-memory-info'] });
