// Live updates over the event stream (SSE), pause, and messages when a server or pgdeck is unreachable.
import { createServer, connect as dial, type Server, type Socket } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { primary } from '../../support/demo';
import { alive, expect, newReadings, open, test, valueOf, verdict } from '../../support/page';
import { NOBODY, serve } from '../../support/pgdeck';

test('numbers change without a reload', async ({ page }) => {
  await open(page, '/s/primary/');
  const rate = valueOf(page, /^Transactions$/);
  const first = await rate.innerText();
  await expect(rate).not.toHaveText(first, { timeout: 15_000 });
  await expect(page.getByRole('banner')).toContainText(/Updated \d+\s(ms|s) ago/);
});

test('the findings and badges follow the readings', async ({ page }) => {
  await open(page, '/');
  const card = page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: 'primary', exact: true }) });
  const rate = card.getByRole('definition').first();
  const first = await rate.innerText();
  await expect(rate).not.toHaveText(first, { timeout: 15_000 });
});

test('space pauses and resumes', async ({ page }) => {
  await open(page, '/s/primary/');
  const rate = valueOf(page, /^Transactions$/);
  await page.keyboard.press('Space');
  await expect(page.getByRole('button', { name: 'Resume' })).toBeVisible();
  await expect(page.getByRole('banner')).toContainText(/Paused at \d\d:\d\d:\d\d UTC/);
  const first = await rate.innerText();
  await newReadings(page, 'overview', 2);
  await expect(rate).toHaveText(first);
  await page.keyboard.press('Space');
  await expect(page.getByRole('button', { name: 'Pause' })).toBeVisible();
  await expect(rate).not.toHaveText(first, { timeout: 15_000 });
});

test('a server nobody can reach is lost, with the cause and what to do', async ({ page }) => {
  await using pgdeck = await serve([NOBODY]);
  await page.goto(pgdeck.link);
  await alive(page);
  await expect(verdict(page)).toHaveText('1 server: 1 unreachable. No answer from nothing.');
  const card = page.getByRole('main').getByRole('listitem').first();
  await expect(card).toContainText(/Unreachable for \d/);
  await expect(card).toContainText(/127\.0\.0\.1/);
  await card.getByRole('link').click();
  await expect(page.getByRole('main')).toContainText(/The numbers are unknown\. \S.+\./);
  await expect(page.getByRole('main')).not.toContainText('No open warnings');
});

test('a server that goes is shown as such within two ticks and heals by itself', async ({ page }) => {
  test.setTimeout(60_000);
  const proxy = await SocketProxy.open(await primary());
  try {
    await using pgdeck = await serve([`host=${proxy.folder} user=postgres dbname=postgres`]);
    await page.goto(pgdeck.link);
    await alive(page);
    await page.getByRole('main').getByRole('link').first().click();
    await expect(valueOf(page, /^Active sessions$/)).toHaveText(/^\d+$/);
    await expect(page.getByText(/^The numbers shown are out of date/)).toBeHidden();
    proxy.close();
    // The overview is sampled every five seconds.
    await expect(page.getByText(/^The numbers shown are out of date: .+\./)).toBeVisible({ timeout: 12_000 });
    await expect(page.getByText(/^Last updated .+ ago; pgdeck keeps trying\.$/).first()).toBeVisible();
    await proxy.reopen();
    await expect(page.getByText(/^The numbers shown are out of date/)).toBeHidden({ timeout: 15_000 });
  } finally {
    proxy.remove();
  }
});

test('pgdeck itself going away is said, and coming back ends it', async ({ page }) => {
  const pgdeck = await serve([NOBODY]);
  await page.goto(pgdeck.link);
  await alive(page);
  await page.getByRole('main').getByRole('listitem').getByRole('link').click();
  await expect(page.getByRole('main')).toContainText('The numbers are unknown.');
  await expect(page.getByText('pgdeck is not responding; retrying.')).toBeHidden();
  await pgdeck[Symbol.asyncDispose]();
  await expect(page.getByText('pgdeck is not responding; retrying.')).toBeVisible();
});

test('a pgdeck that is stopped says so', async ({ page }) => {
  await using pgdeck = await serve([NOBODY]);
  await page.goto(pgdeck.link);
  await alive(page);
  // Only an open stream can be told.
  const opened = page.waitForResponse((answer) => answer.url().includes('/live?server='));
  await page.getByRole('main').getByRole('listitem').getByRole('link').click();
  await opened;
  await expect(page.getByRole('main')).toContainText('The numbers are unknown.');
  await pgdeck.stop();
  await expect(page.getByText('pgdeck was stopped; this page goes on when it is back.')).toBeVisible();
});

/** A proxy on a Unix socket in front of the demo's primary that can be closed and reopened. */
class SocketProxy {
  readonly folder = mkdtempSync(join(tmpdir(), 'pgdeck-end2end-proxy-'));
  private through = new Set<Socket>();
  private server?: Server;

  private constructor(private readonly to: { host: string; port: number }) {}

  static async open(to: { host: string; port: number }) {
    const proxy = new SocketProxy(to);
    await proxy.reopen();
    return proxy;
  }

  reopen(): Promise<void> {
    this.server = createServer((near) => {
      const far = dial(join(this.to.host, `.s.PGSQL.${this.to.port}`));
      for (const [one, other] of [[near, far], [far, near]]) {
        this.through.add(one);
        one.on('error', () => other.destroy());
        one.on('close', () => (this.through.delete(one), other.destroy()));
        one.pipe(other);
      }
    });
    return new Promise((done) => this.server!.listen(join(this.folder, '.s.PGSQL.5432'), () => done()));
  }

  close() {
    this.server?.close();
    for (const socket of this.through) socket.destroy();
  }

  remove() {
    this.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
