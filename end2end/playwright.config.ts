// Playwright configuration: one demo for all tests, each test with and without JavaScript.
import { existsSync } from 'node:fs';
import { defineConfig } from '@playwright/test';
import { SIGNED_IN } from './support/demo';

/** Chromium without windows, or the whole browser where that is not installed. */
const BROWSER = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'].find((path) => existsSync(path));

const WITH_JAVASCRIPT_ONLY = [/hydrate\.spec\.ts$/, /visual\.spec\.ts$/];
/** What disturbs the demo for every page runs when all else is done. */
const ALONE = /\.alone\.spec\.ts$/;
/** What waits for minutes starts first, so that the rest runs beside it. */
const FIRST = /morning\.hydrate\.spec\.ts$/;
const README = /readme\.shot\.ts$/;

export default defineConfig({
  testDir: 'tests',
  outputDir: 'test-results/failures',
  globalSetup: './support/start-demo.ts',
  fullyParallel: true,
  workers: 2,
  retries: 0,
  timeout: 30_000,
  expect: { timeout: 10_000 },
  reporter: [['list'], ['./support/failures.ts']],
  use: {
    storageState: SIGNED_IN,
    viewport: { width: 1440, height: 900 },
    colorScheme: 'light',
    timezoneId: 'UTC',
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? BROWSER,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
  projects: process.env.README_SHOT
    ? [{ name: 'readme', testMatch: README }]
    : [
        { name: 'first', testMatch: FIRST },
        { name: 'javascript', testIgnore: [FIRST, ALONE] },
        { name: 'plain', use: { javaScriptEnabled: false }, testIgnore: [...WITH_JAVASCRIPT_ONLY, ALONE] },
        { name: 'alone', testMatch: ALONE, dependencies: ['first', 'javascript', 'plain'] },
      ],
});
