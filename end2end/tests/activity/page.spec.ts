// Activity page for an on-call engineer: which session blocks others, and what it is doing.
import { connect, primary } from '../../support/demo';
import { expect, open, test, verdict, type Page } from '../../support/page';

const rows = (page: Page) => page.getByRole('region', { name: 'Sessions' }).getByRole('row').filter({ has: page.getByRole('cell') });

/** The texts of a column, from the top. */
async function column(page: Page, name: string): Promise<string[]> {
  const heads = await page.getByRole('region', { name: 'Sessions' }).getByRole('columnheader').allInnerTexts();
  const at = heads.findIndex((head) => head.trim().startsWith(name));
  const cells = await rows(page).evaluateAll((all, at) => all.map((row) => row.children[at]?.textContent ?? ''), at);
  return cells.map((cell) => cell.trim());
}

/** An age such as `3 min 5 s` in milliseconds. */
function ms(age: string): number {
  const worth: Record<string, number> = { ms: 1, s: 1e3, min: 6e4, h: 3.6e6, d: 8.64e7 };
  return [...age.matchAll(/([\d.]+)\s(ms|s|min|h|d)/g)].reduce((sum, [, n, unit]) => sum + Number(n) * worth[unit], 0);
}

test('the session that forgot its transaction is found and opened', async ({ page }) => {
  await open(page, '/s/primary/activity');
  await expect(verdict(page)).toHaveText(/\S.*\.$/);
  const forgetful = rows(page).filter({ hasText: 'reports-export' });
  await expect(forgetful).toContainText('idle in transaction for');
  await forgetful.getByRole('link').click();
  await expect(page).toHaveURL(/[?&]pid=\d+/);
  const session = page.getByRole('region', { name: /^Session \d+$/ });
  await expect(session).toContainText('Last statement');
  await expect(session.getByRole('code')).toHaveText('select id, name from categories order by id');
  await expect(session.getByRole('code').getByText('select', { exact: true })).toHaveClass('t-key');
  await expect(session).toContainText('idle in transaction');
  await expect(session).toContainText(/Transaction open for\s*\d/);
  await expect(forgetful).toBeVisible();
  await session.getByRole('link', { name: 'Close' }).click();
  await expect(session).toBeHidden();
});

test('the filter takes column:value terms and stands in the address', async ({ page }) => {
  await open(page, '/s/primary/activity');
  const filter = page.getByRole('searchbox', { name: /^Filter sessions/ });
  await filter.fill('state:active');
  await filter.press('Enter');
  await expect(page).toHaveURL(/[?&]q=state(%3A|:)active/);
  await expect(filter).toHaveValue('state:active');
  await expect(async () => {
    const states = await column(page, 'State');
    expect(states.length).toBeGreaterThan(0);
    for (const state of states) expect(state).toMatch(/^active/);
  }).toPass({ timeout: 5_000 });
});

test('a state in the legend filters', async ({ page }) => {
  await open(page, '/s/primary/activity');
  await page.getByRole('main').getByRole('link', { name: /^idle in transaction \d+$/ }).click();
  await expect(page.getByRole('searchbox', { name: /^Filter sessions/ })).toHaveValue('state:"idle in transaction"');
  await expect(rows(page).filter({ hasText: 'reports-export' })).toBeVisible();
  for (const state of await column(page, 'State')) expect(state).toMatch(/^idle in transaction/);
});

test('a heading sorts by transaction age, oldest first', async ({ page }) => {
  // Background processes come after all clients, see rows.rs.
  await open(page, `/s/primary/activity?q=${encodeURIComponent('type:"client backend"')}`);
  const heading = page.getByRole('region', { name: 'Sessions' }).getByRole('columnheader', { name: /^Transaction/ });
  await heading.getByRole('link').click();
  await expect(page).toHaveURL(/[?&]sort=-transaction/);
  await expect(heading).toHaveAttribute('aria-sort', 'descending');
  await expect(async () => {
    const ages = (await column(page, 'Transaction')).map(ms);
    expect(ages[0]).toBeGreaterThan(1_000);
    expect(ages).toEqual([...ages].sort((a, b) => b - a));
  }).toPass({ timeout: 5_000 });
  await heading.getByRole('link').click();
  await expect(heading).toHaveAttribute('aria-sort', 'ascending');
});

test('columns can be left out, and the address keeps it', async ({ page }) => {
  await open(page, '/s/primary/activity?q=state:active');
  const chooser = page.getByRole('region', { name: 'Sessions' }).locator('details');
  const database = page.getByRole('region', { name: 'Sessions' }).getByRole('columnheader', { name: 'Database' });
  await expect(database).toBeVisible();
  await chooser.locator('summary').click();
  await chooser.getByRole('link', { name: 'Hide Database' }).click();
  await expect(page).toHaveURL(/[?&]hide=database/);
  await expect(page).toHaveURL(/[?&]q=state/);
  await expect(database).toBeHidden();
  await expect(chooser.locator('summary')).toHaveText('Columns: 10 of 11');
  if (!(await chooser.getByRole('link', { name: 'Show Database' }).isVisible())) await chooser.locator('summary').click();
  await chooser.getByRole('link', { name: 'Show Database' }).click();
  await expect(database).toBeVisible();
});

test('wait events have names and meanings, and idle clients stand apart', async ({ page }) => {
  await open(page, '/s/primary/activity');
  const events = page.getByRole('region', { name: 'Wait events now' });
  const idle = events.getByRole('row', { name: /ClientRead/ });
  await expect(idle).toBeHidden();
  await events.getByText('Idle clients and background processes').click();
  await expect(idle).toContainText('Waiting to read data from the client');
});

test('all connection slots are accounted for', async ({ page }) => {
  await open(page, '/s/primary/activity');
  const connections = page.getByRole('region', { name: 'Connections', exact: true });
  await expect(connections).toContainText(/\d+ of 100 connection slots are in use: \d+ listed below, .*\d+ of pgdeck itself\. The last are reserved: 3 for superusers/);
  const forgetful = connections.getByRole('row', { name: /reports-export/ });
  await expect(forgetful.getByRole('cell').first()).toHaveText('shop');
  await expect(connections.getByRole('heading', { name: 'Limits of databases and roles' })).toBeVisible();
});

test('autovacuum says how many workers there may be', async ({ page }) => {
  await open(page, '/s/primary/activity');
  await expect(page.getByRole('region', { name: 'Autovacuum', exact: true })).toContainText(/(may be|of) \d+.*\(autovacuum_max_workers\)/);
});

test('hostile text from a session is shown as text', async ({ page }) => {
  // With and without JavaScript it may run at once.
  const name = `<img src=x onerror=alert(1)>"'</td><b>&amp;${test.info().project.name}`;
  const query = `select '</code><script>alert(2)</script>' as "<b>"`;
  const session = await connect(await primary(), name);
  try {
    await session.query(query);
    let asked = false;
    page.on('dialog', (dialog) => ((asked = true), void dialog.dismiss()));
    const row = rows(page).filter({ hasText: name });
    await expect(async () => {
      await open(page, '/s/primary/activity?q=application:onerror');
      // A page of the moment before the query has the session without it.
      await expect(row.getByRole('code')).toBeVisible({ timeout: 1_000 });
    }).toPass({ timeout: 15_000 });
    await expect(row.getByRole('cell', { name, exact: true })).toBeVisible();
    await expect(row.getByRole('code')).toHaveText(query);
    await row.getByRole('link').click();
    await expect(page.getByRole('region', { name: /^Session \d+$/ }).getByRole('code')).toHaveText(query);
    await expect(page.getByRole('main').getByRole('img', { name: 'x' })).toHaveCount(0);
    expect(await page.getByRole('main').evaluate((main) => main.querySelectorAll('img, script, b').length)).toBe(0);
    expect(asked).toBe(false);
  } finally {
    await session.end();
  }
});

test('active sessions over time have their data in a table', async ({ page }) => {
  await open(page, '/s/primary/activity');
  const chart = page.getByRole('figure', { name: 'Average active sessions by wait class' });
  await chart.getByText('Data points').click();
  await expect(chart.getByRole('columnheader', { name: /^CPU/ })).toBeVisible();
  await expect(chart.getByRole('rowheader').first()).toHaveText(/^\d\d:\d\d:\d\d$/);
});
