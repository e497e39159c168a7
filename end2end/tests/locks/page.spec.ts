// Locks page during a lock pile-up: root blocker, sessions that terminating it would release, waiters,
// and how it began.
import { expect, hasJavaScript, open, test, verdict, type Page } from '../../support/page';
import { pile, type Pile } from '../../support/pile';

const WAITERS = 9;
const PATIENCE = { timeout: 20_000 };

/** Opens a page until it shows what is awaited: without JavaScript it does not move by itself. */
async function until(page: Page, path: string, shows: () => Promise<void>) {
  await expect(async () => {
    await open(page, path);
    await shows();
  }).toPass(PATIENCE);
}

async function withPile(waiters: number, run: (pile: Pile) => Promise<void>, name?: string) {
  const waiting = await pile(waiters, name);
  try {
    await run(waiting);
  } finally {
    await waiting.end();
  }
}

const graph = (page: Page) => page.getByRole('group', { name: 'Who waits for whom' });
const node = (page: Page) => page.getByRole('main').getByRole('region', { name: /^pid \d+ · / });
const path = (pile: Pile, more = '') => `/s/primary/locks?q=application:${pile.name}${more}`;

test('the root is named after one click from the overview and opened with the second', async ({ page }) => {
  await withPile(WAITERS, async (pile) => {
    await until(page, '/s/primary/', async () => {
      await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: /^Locks/ }).click();
      await expect(verdict(page)).toHaveText(/\d+ sessions wait for a lock, the longest for .*\.$/);
      await expect(page.getByRole('region', { name: 'Root blocker', exact: true })).toContainText(/pid \d+ · .* blocks \d+ sessions?\. Ending it frees \d+ session/);
      await expect(graph(page).getByRole('link', { name: new RegExp(`${pile.name} *idle in transaction for`) })).toBeVisible({ timeout: 3_000 });
    });
    await graph(page).getByRole('link', { name: new RegExp(`${pile.name} *idle in transaction for`) }).click();
    await expect(page).toHaveURL(/[?&]pid=\d+/);
    // The last of them may begin to wait a moment later, which without JavaScript a new look tells.
    await expect(async () => {
      await page.reload();
      await expect(node(page)).toContainText(new RegExp(`is not waiting, idle in transaction for .*; ${WAITERS} sessions wait for it`), { timeout: 1_000 });
    }).toPass({ timeout: 10_000 });
    await expect(node(page)).toContainText(`Ending it frees ${WAITERS} sessions (1 at once, the others in turn)`);
    await expect(node(page)).toContainText(`advisory lock ${pile.key}`);
    await expect(node(page).getByRole('code')).toContainText('pg_advisory_xact_lock');
    await node(page).getByRole('link', { name: 'Close' }).click();
    await expect(node(page)).toBeHidden();
  });
});

test('those behind one head are a count that opens', async ({ page }) => {
  await withPile(WAITERS, async (pile) => {
    const boxes = graph(page).getByRole('link');
    const fold = graph(page).getByRole('link', { name: /^5 more waiting here/ });
    await until(page, path(pile), () => expect(fold).toBeVisible({ timeout: 2_000 }));
    await expect(boxes).toHaveCount(6);
    await fold.click();
    await expect(page).toHaveURL(/[?&]open=\d+/);
    await expect(boxes).toHaveCount(1 + WAITERS);
  });
});

test('a waiter says why it waits, and the pair of modes is lit', async ({ page }) => {
  await withPile(2, async (pile) => {
    const waiter = graph(page).getByRole('link', { name: 'wants EXCLUSIVE on advisory' }).first();
    await until(page, path(pile), () => expect(waiter).toBeVisible({ timeout: 2_000 }));
    await waiter.click();
    await expect(node(page)).toContainText(new RegExp(`pid \\d+ wants EXCLUSIVE on advisory lock ${pile.key}; pid \\d+ holds EXCLUSIVE, idle in transaction`));
    await expect(node(page).getByRole('heading', { name: 'Blocked by' })).toBeVisible();
    const modes = page.getByRole('region', { name: 'Which lock modes conflict' });
    await modes.getByRole('heading').click();
    await expect(modes).toContainText('Now: EXCLUSIVE is requested, EXCLUSIVE blocks it.');
    await expect(modes.getByRole('cell', { name: '✕ now' })).toHaveCount(1);
  });
});

test('boxes name what is held and the statement, and fit the page', async ({ page }) => {
  await withPile(2, async (pile) => {
    const root = graph(page).getByRole('link', { name: new RegExp(`${pile.name} *idle in transaction`) });
    await until(page, path(pile), () => expect(root).toBeVisible({ timeout: 2_000 }));
    await expect(root).toContainText(`holds EXCLUSIVE on advisory lock ${pile.key}`);
    await expect(root).toContainText('last: begin; select pg_advisory_xact_lock(');
    await expect(root.locator('title')).toContainText(`last: begin; select pg_advisory_xact_lock(${pile.key})`);
    await expect(graph(page).getByRole('link', { name: 'wants EXCLUSIVE' }).first()).toContainText('select pg_advisory_xact_lock(');
    const beyond = await root.evaluate((link) => {
      const box = link.querySelector('rect')!.getBoundingClientRect();
      return [...link.querySelectorAll('text')].filter((text) => text.getBoundingClientRect().right > box.right).map((text) => text.textContent);
    });
    expect(beyond, 'texts that leave their box').toEqual([]);
    const scrolls = await graph(page).evaluate((box) => box.scrollWidth - box.clientWidth);
    expect(scrolls).toBeLessThanOrEqual(1);
  });
});

test('tree and table show the same, and the filter stands in the address', async ({ page }) => {
  await withPile(3, async (pile) => {
    await until(page, path(pile, '&view=tree'), () => expect(page.getByRole('listitem').filter({ hasText: 'wants EXCLUSIVE' })).not.toHaveCount(0, { timeout: 2_000 }));
    await page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: 'Table' }).click();
    await expect(page).toHaveURL(/[?&]view=table&q=application/);
    const rows = page.getByRole('group', { name: 'Waiters' }).getByRole('row').filter({ has: page.getByRole('cell') });
    // Without JavaScript the page stays as it was when the first of them had begun to wait.
    await until(page, path(pile, '&view=table'), () => expect(rows).toHaveCount(3, { timeout: 2_000 }));
    for (const row of await rows.all()) await expect(row).toContainText(`advisory lock ${pile.key}`);
    const filter = page.getByRole('searchbox', { name: /^Filter/ });
    await expect(filter).toHaveValue(`application:${pile.name}`);
    await filter.fill('object:nothing-of-the-kind');
    await filter.press('Enter');
    await expect(page.getByRole('main')).toContainText('No waiting or blocking session matches this filter.');
  });
});

test('a recorded second is shown again', async ({ page }) => {
  await withPile(2, async (pile) => {
    await until(page, path(pile), () => expect(graph(page).getByRole('link')).toHaveCount(3, { timeout: 2_000 }));
    const past = page.getByRole('region', { name: 'The last hour' });
    await expect(past).toContainText('Shown: now');
    if (!hasJavaScript()) await open(page, path(pile));
    await past.getByRole('link', { name: 'Earlier' }).click();
    await expect(page).toHaveURL(/[?&]at=\d{13}/);
    await expect(verdict(page)).toHaveText(/^At \d\d:\d\d:\d\d UTC: /);
    await expect(past).toContainText(/Shown: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/);
    await past.getByRole('link', { name: 'Back to now' }).click();
    await expect(past).toContainText('Shown: now');
    await open(page, '/s/primary/locks?at=1000000000000');
    await expect(verdict(page)).toContainText('Nothing was recorded at 2001-09-09 01:46:40 UTC.');
  });
});

test('an incident has a first waiter, a peak and an end', async ({ page }) => {
  await withPile(2, async () => {
    const incidents = page.getByRole('group', { name: 'Incidents' });
    await until(page, '/s/primary/locks', () => expect(incidents).toContainText(/pid \d+ wants ([A-Z ]+ on|row) /, { timeout: 2_000 }));
    await expect(incidents.getByRole('columnheader')).toHaveText(['Began', 'First waiter', 'Peak', 'Longest wait', 'Ended', 'Blockers, in order']);
    await incidents.getByRole('link').first().click();
    await expect(verdict(page)).toHaveText(/^At \d\d:\d\d:\d\d UTC: \d+ sessions? waits?/);
  });
});

test('hostile names are shown as text', async ({ page }) => {
  const name = `<img src=x onerror=alert(1)></text>"'`;
  await withPile(
    1,
    async () => {
      let asked = false;
      page.on('dialog', (dialog) => ((asked = true), void dialog.dismiss()));
      await until(page, '/s/primary/locks?q=application:onerror', () => expect(graph(page).getByRole('link')).toHaveCount(2, { timeout: 2_000 }));
      await expect(graph(page)).toContainText('<img src=x');
      await graph(page).getByRole('link').first().click();
      await expect(page.getByRole('region', { name: /^pid \d+ · <img/ })).toContainText(name);
      expect(await page.getByRole('main').evaluate((main) => main.querySelectorAll('img, script').length)).toBe(0);
      expect(asked).toBe(false);
    },
    name,
  );
});
