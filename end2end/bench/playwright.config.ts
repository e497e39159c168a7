// Runs the benchmarks one after the other, with Playwright as loader and library.
import { defineConfig } from '@playwright/test';

export default defineConfig({ testDir: '.', testMatch: /\.ts$/, testIgnore: /(config|pgdeck|plans)\.ts$/, workers: 1, reporter: [['line']] });
