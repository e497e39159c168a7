// Keyboard shortcuts, visible focus, and focus restored after a dialog closes.
import { connect, primary } from '../../support/demo';
import { ROUTES, expect, newReadings, open, test, type Page } from '../../support/page';

const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name });

/** Whether the focused element shows that it is. */
const focusShows = (page: Page) =>
  page.evaluate(() => {
    const style = getComputedStyle(document.activeElement!);
    return (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1) || style.boxShadow !== 'none';
  });

test('? lists the keys and Escape gives the focus back', async ({ page }) => {
  await open(page, '/s/primary/');
  const pause = page.getByRole('button', { name: 'Pause' });
  await pause.focus();
  await page.keyboard.press('?');
  const keys = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await expect(keys).toBeVisible();
  await expect(keys).toContainText('pause and resume');
  await page.keyboard.press('Escape');
  await expect(keys).toBeHidden();
  await expect(pause).toBeFocused();
});

test('g and a letter opens every page of the navigation', async ({ page }) => {
  await open(page, '/s/primary/');
  const listed = ROUTES.filter((route) => route.key);
  expect(listed.length).toBeGreaterThan(8);
  // Server pages first: the others leave the server.
  for (const { key, heading: title } of listed.sort((a, b) => Number(b.path.startsWith('/s/')) - Number(a.path.startsWith('/s/')))) {
    await page.keyboard.press('g');
    await page.keyboard.press(key!);
    await expect(heading(page, title)).toBeVisible();
  }
});

test('the list of shortcuts names the key of every page', async ({ page }) => {
  await open(page, '/s/primary/');
  await page.keyboard.press('?');
  const list = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  for (const { key } of ROUTES.filter((route) => route.key)) await expect(list.getByText(`g ${key}`, { exact: true })).toBeVisible();
});

test('/ goes to the filter, where keys are text', async ({ page }) => {
  await open(page, '/s/primary/activity');
  await page.keyboard.press('/');
  const filter = page.getByRole('searchbox', { name: /^Filter sessions/ });
  await expect(filter).toBeFocused();
  expect(await focusShows(page)).toBe(true);
  await page.keyboard.type('reports-export');
  await expect(filter).toHaveValue('reports-export');
  await expect(filter).toBeFocused();
  await expect(page).toHaveURL(/q=reports-export/);
  await expect(page.getByRole('region', { name: 'Sessions' }).getByRole('row')).toHaveCount(2);
});

test('j and k choose a row, Enter opens it, Escape closes it and the row keeps the focus', async ({ page }) => {
  // Sessions of its own, whose order does not change: what the demo's do would move the rows between a key and its check.
  const [older, younger] = [await connect(await primary(), 'keys-older'), await connect(await primary(), 'keys-younger')];
  try {
    await older.query('begin');
    await younger.query('begin');
    const pid = String((await older.query('select pg_backend_pid() as pid')).rows[0].pid);
    await open(page, '/s/primary/activity?q=application:keys-&sort=-transaction');
    const rows = page.getByRole('region', { name: 'Sessions' }).getByRole('table').locator('a[data-row]');
    await expect(rows).toHaveCount(2);
    await page.keyboard.press('j');
    await expect(rows.nth(0)).toBeFocused();
    expect(await focusShows(page)).toBe(true);
    await page.keyboard.press('j');
    await expect(rows.nth(1)).toBeFocused();
    await page.keyboard.press('k');
    await expect(rows.filter({ hasText: pid })).toBeFocused();
    await page.keyboard.press('Enter');
    const session = page.getByRole('region', { name: `Session ${pid}` });
    await expect(session).toBeVisible();
    // Updates must not take the focus.
    await newReadings(page, 'activity', 3);
    await page.keyboard.press('Escape');
    await expect(session).toBeHidden();
    await expect(rows.filter({ hasText: pid })).toBeFocused();
  } finally {
    await Promise.all([older.end(), younger.end()]);
  }
});

test('a row keeps the focus when the order of the rows changes', async ({ page }) => {
  // Two sessions whose age of transaction says who stands first; the lower one ends its own and so falls.
  const [first, second] = [await connect(await primary(), 'order-first'), await connect(await primary(), 'order-second')];
  try {
    await first.query('begin');
    await second.query('begin');
    await open(page, '/s/primary/activity?q=application:order-&sort=-transaction');
    const rows = page.getByRole('region', { name: 'Sessions' }).getByRole('table').locator('a[data-row]');
    const pid = String((await first.query('select pg_backend_pid() as pid')).rows[0].pid);
    await expect(rows.first()).toHaveText(pid);
    await page.keyboard.press('j');
    await expect(rows.first()).toBeFocused();
    await first.query('commit');
    await expect(rows.last()).toHaveText(pid);
    await expect(rows.last()).toBeFocused();
    expect(await focusShows(page)).toBe(true);
  } finally {
    await Promise.all([first.end(), second.end()]);
  }
});

test('Ctrl-K finds a page by name', async ({ page }) => {
  await open(page, '/');
  const first = page.getByRole('main').getByRole('link').first();
  await first.focus();
  await page.keyboard.press('Control+k');
  const palette = page.getByRole('dialog', { name: 'Go to' });
  await expect(palette.getByRole('textbox')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(palette).toBeHidden();
  await expect(first).toBeFocused();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('standby repl');
  await expect(palette.getByRole('link')).toHaveText(['standby: Replication']);
  await page.keyboard.press('Enter');
  await expect(heading(page, 'Replication of standby')).toBeVisible();
  await expect(palette).toBeHidden();
});

test('Tab goes first to a link over the navigation, and its focus shows everywhere', async ({ page }) => {
  await open(page, '/s/primary/activity');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to content' })).toBeFocused();
  for (let step = 0; step < 25; step++) {
    expect(await focusShows(page), await page.evaluate(() => document.activeElement!.outerHTML.slice(0, 120))).toBe(true);
    await page.keyboard.press('Tab');
  }
});

test('a chart is read with the arrow keys', async ({ page }) => {
  await open(page, '/s/primary/');
  const chart = page.getByRole('slider', { name: 'Connections, point in time' });
  await chart.focus();
  await page.keyboard.press('Home');
  await expect(chart).toHaveAttribute('aria-valuenow', '0');
  await page.keyboard.press('ArrowRight');
  await expect(chart).toHaveAttribute('aria-valuenow', '1');
  await expect(chart).toHaveAttribute('aria-valuetext', /^\d\d:\d\d:\d\d UTC: client sessions \d+, active \d+, idle in transaction \d+$/);
});
