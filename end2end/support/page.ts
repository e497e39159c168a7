// What all tests share: the demo's address, opening a page, the list of pages.
import { test as base, expect, type Page } from '@playwright/test';

export const test = base.extend({
  // Set by start-demo.ts, after the configuration has been read.
  baseURL: async ({}, use) => use(process.env.PGDECK_URL),
});
export { expect, type Page };

/** Every kind of page there is, with the heading it has. */
export const PAGES = [
  { name: 'fleet', path: '/', heading: 'Fleet' },
  { name: 'overview', path: '/s/primary/', heading: 'primary' },
  { name: 'activity', path: '/s/primary/activity', heading: 'Activity of primary' },
  { name: 'locks', path: '/s/primary/locks', heading: 'Locks of primary' },
  { name: 'replication', path: '/s/primary/replication', heading: 'Replication of primary' },
  { name: 'overview-standby', path: '/s/standby/', heading: 'standby' },
  { name: 'replication-standby', path: '/s/standby/replication', heading: 'Replication of standby' },
  { name: 'plan', path: '/plan', heading: 'Plan' },
  { name: 'rules', path: '/rules', heading: 'Rules' },
  { name: 'words', path: '/words', heading: 'Words' },
  { name: 'audit', path: '/audit', heading: 'Audit log' },
  { name: 'act', path: '/s/primary/act', heading: 'Act on primary' },
  { name: 'about', path: '/about', heading: 'About pgdeck' },
  { name: 'sign-in', path: '/sign-in', heading: 'pgdeck' },
  { name: 'not-found', path: '/nowhere', heading: 'Not found' },
] as const;

/** Opens a page; with JavaScript, waits until it is alive. */
export async function open(page: Page, path: string) {
  await page.goto(path);
  await alive(page);
}

/** Waits until the page reacts. */
export async function alive(page: Page) {
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  if (hasJavaScript()) await expect(page.locator('html')).toHaveAttribute('data-js', 'on');
}

/** Widths and themes in which every page has to be good. */
export const LOOKS = (['light', 'dark'] as const).flatMap((theme) => [1440, 390].map((width) => ({ width, theme })));

/** Opens a page as it looks to somebody who chose this theme on a screen this wide. */
export async function openAs(page: Page, path: string, look: { width: number; theme: 'light' | 'dark' }) {
  await page.setViewportSize({ width: look.width, height: 900 });
  const url = process.env.PGDECK_URL!;
  await page.context().addCookies([{ name: 'theme', value: look.theme, url, sameSite: 'Lax' }]);
  await open(page, path);
}

/** Opens the count of the findings beyond the worst few, where there is one. */
export async function allFindings(page: Page) {
  const more = page.getByRole('region', { name: 'Findings' }).getByText(/^\d+ more findings?, worst/);
  if (await more.isVisible()) await more.click();
}

/** Whether this test runs with JavaScript. */
export function hasJavaScript(): boolean {
  return test.info().project.name !== 'plain';
}

/** The line below the heading that says how things are. */
export function verdict(page: Page) {
  const main = page.getByRole('main');
  return main.getByRole('heading', { level: 1 }).locator('xpath=following-sibling::p[1]');
}

/** The cell or definition that stands beside a term: `Connections`, `State`. */
export function valueOf(page: Page, term: string | RegExp) {
  return page.getByRole('term').filter({ hasText: term }).locator('xpath=following-sibling::dd[1]');
}
