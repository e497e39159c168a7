// Shared by all tests: base URL of the demo, pages of the route table, opening a page, locators.
import { test as base, expect, type Page } from '@playwright/test';
import { routes } from './pgdeck';

export const test = base.extend({
  // Set by start-demo.ts, after the configuration has been read.
  baseURL: async ({}, use) => use(process.env.PGDECK_URL),
});
export { expect, type Page };

/** Headings that are not made from the page's label. */
const HEADINGS: Record<string, string> = { overview: 'primary', act: 'Actions on primary', about: 'About pgdeck', sign_in: 'pgdeck', table: 'Table', columns: 'Columns', index: 'Index' };

const ofServer = (path: string) => path.startsWith('/s/:server');

/** The pages of the route table, about the demo's primary where they are about a server. */
export const ROUTES = routes().pages.map((page) => ({
  name: page.name,
  path: page.path === '/s/:server' ? '/s/primary/' : page.path.replace(':server', 'primary'),
  heading: HEADINGS[page.name] ?? (ofServer(page.path) ? `${page.label} of primary` : page.label),
  key: page.key,
}));

/** Every kind of page there is, with the heading it has. */
export const PAGES = [
  ...ROUTES,
  { name: 'overview-standby', path: '/s/standby/', heading: 'standby' },
  { name: 'replication-standby', path: '/s/standby/replication', heading: 'Replication of standby' },
  { name: 'not-found', path: '/nowhere', heading: 'Not found' },
];

/** Opens a page; with JavaScript, waits for hydration. */
export async function open(page: Page, path: string) {
  await page.goto(path);
  await alive(page);
}

/** Waits until the page is hydrated. */
export async function alive(page: Page) {
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  if (hasJavaScript()) await expect(page.locator('html')).toHaveAttribute('data-js', 'on');
}

/** Waits for that many new readings of an area of the demo's primary, on an event stream of its own. */
export async function newReadings(page: Page, area: string, count: number) {
  await page.evaluate(
    ({ area, count }) =>
      new Promise<void>((done) => {
        const stream = new EventSource(`/live?server=primary&area=${area}`);
        let left = count;
        // The first event is the latest reading, not a new one.
        stream.addEventListener(area, () => {
          if (left-- > 0) return;
          stream.close();
          done();
        });
      }),
    { area, count },
  );
}

/** Widths at which every page has to be good. */
export const WIDTHS = [1440, 390];

/** Shows an open page in this theme, as its switch does; colours that fade arrive at once. */
export async function setTheme(page: Page, theme: 'light' | 'dark') {
  await page.locator('html').evaluate((html, theme) => {
    html.dataset.theme = theme;
    // Asking for the transitions starts them.
    const fades = (one: Animation) => one instanceof CSSTransition && one.transitionProperty.includes('color');
    document.getAnimations().filter(fades).forEach((one) => one.finish());
  }, theme);
}

/** Opens a page with this theme and viewport width. */
export async function openAs(page: Page, path: string, look: { width: number; theme: 'light' | 'dark' }) {
  await page.setViewportSize({ width: look.width, height: 900 });
  const url = process.env.PGDECK_URL!;
  await page.context().addCookies([{ name: 'theme', value: look.theme, url, sameSite: 'Lax' }]);
  await open(page, path);
}

/** Opens the count of the findings beyond the worst few, where there is one. */
export async function allFindings(page: Page) {
  const more = page.getByRole('region', { name: 'Findings' }).getByText(/^\d+ more findings?, worst/).filter({ visible: true });
  if (await more.count()) await more.click();
}

/** Whether this test runs with JavaScript. */
export function hasJavaScript(): boolean {
  return test.info().project.name !== 'plain';
}

/** The verdict: the paragraph below the heading. */
export function verdict(page: Page) {
  const main = page.getByRole('main');
  return main.getByRole('heading', { level: 1 }).locator('xpath=following-sibling::p[1]');
}

/** The cell or definition that stands beside a term: `Connections`, `State`. */
export function valueOf(page: Page, term: string | RegExp) {
  return page.getByRole('term').filter({ hasText: term }).locator('xpath=following-sibling::dd[1]');
}
