// Playwright configuration of the benchmarks, which run one after the other.
import { defineConfig } from '@playwright/test';

export default defineConfig({ testDir: '.', testMatch: /\.ts$/, testIgnore: /(config|pgdeck|plans)\.ts$/, workers: 1, reporter: [['line']] });
