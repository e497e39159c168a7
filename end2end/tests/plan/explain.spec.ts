// EXPLAIN and EXPLAIN ANALYZE on a watched server from the plan page: preview, confirm, plan, refusals,
// cancellation, catalog; with and without JavaScript.
import { connect, primary } from '../../support/demo';
import { expect, hasJavaScript, open, test, verdict, type Page } from '../../support/page';

const FOREVER = 'select count(*) from generate_series(1, 1e9)';

/** Opens the form and fills it in. */
async function fill(page: Page, statement: string, analyze: boolean) {
  await open(page, '/plan');
  await page.getByText('Run it on a server').click();
  await page.getByRole('combobox', { name: /^Server/ }).selectOption('primary');
  await page.getByLabel('Statement, without EXPLAIN').fill(statement);
  await page.getByRole('radio', { name: analyze ? /^EXPLAIN ANALYZE:/ : /^EXPLAIN only/ }).check();
}

const ask = (page: Page) => page.getByRole('button', { name: 'Preview' }).click();
const preview = (page: Page) => page.getByRole('region', { name: 'Preview for primary' });
const says = (page: Page) => page.getByRole('main').getByRole('alert');

/** How many of pgdeck's sessions run a person's statement that holds this text. */
async function running(text: string): Promise<number> {
  const client = await connect(await primary(), 'end2end');
  try {
    const found = await client.query(
      "select count(*)::int as n from pg_stat_activity where state = 'active' and query like '/* pgdeck % explain%' and strpos(query, $1) > 0",
      [text],
    );
    return found.rows[0].n;
  } finally {
    await client.end();
  }
}

// The demo's server takes one EXPLAIN at a time.
test.describe.configure({ mode: 'serial' });

test('preview, confirm, plan: the finding names the index that is missing', async ({ page }) => {
  await fill(page, 'select sum(quantity) from order_items where product_id = 900', true);
  await ask(page);
  await expect(preview(page)).toContainText('read only, always rolled back');
  await expect(preview(page)).toContainText('explain (format json, analyze');
  await retried(page, async () => {
    await page.getByRole('button', { name: 'Execute it on primary and roll back' }).click();
    await expect(page.getByText(/^Executed and rolled back on primary \(PostgreSQL \d+, database shop\) as pgdeck/)).toBeVisible();
  });
  await expect(verdict(page)).toContainText(/of \d+ nodes takes?/);
  await expect(page.getByText('create index concurrently on public.order_items (product_id)').first()).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Checked against the catalog of primary (database shop): 1 table' })).toBeVisible();
});

test('what is no single SELECT is refused with its place', async ({ page }) => {
  await fill(page, 'select 1;\ndrop table orders', true);
  await ask(page);
  await expect(says(page)).toContainText('the second begins at line 2, column 1');
  await expect(says(page).locator('mark')).toHaveText('drop');
  await page.getByLabel('Statement, without EXPLAIN').fill('drop table orders');
  await ask(page);
  await expect(says(page)).toContainText(/DROP.* is not supported here/i);
});

test('changing rows asks for a yes, and what the role lacks is said with what to do', async ({ page }) => {
  await fill(page, 'delete from orders where id = 1', true);
  await ask(page);
  await expect(says(page)).toContainText('DELETE changes rows');
  await page.getByRole('checkbox', { name: /^Allow it to change or lock rows/ }).check();
  await ask(page);
  await expect(preview(page)).toContainText('read write, always rolled back');
  await retried(page, async () => {
    await page.getByRole('button', { name: 'Execute it on primary and roll back' }).click();
    await expect(says(page)).toContainText('permission denied for table orders');
  });
  await expect(says(page)).toContainText('grant pgdeck\'s role SELECT');
});

test('parameters have fields, or the generic plan', async ({ page }) => {
  await fill(page, 'select * from orders where customer_id = $1', false);
  if (!hasJavaScript()) {
    await ask(page);
    await expect(says(page)).toContainText('The statement has 1 parameter and');
  }
  await page.getByRole('textbox', { name: '$1' }).fill('7');
  await ask(page);
  await expect(preview(page)).toContainText("('7')");
  await page.getByRole('checkbox', { name: /the generic plan/ }).check();
  await ask(page);
  await retried(page, async () => {
    await page.getByRole('button', { name: 'Plan it on primary' }).click();
    await expect(page.getByText(/^Planned, not executed, on primary/)).toBeVisible();
  });
});

test('a statement that takes too long is cancelled for real', async ({ page }) => {
  test.setTimeout(60_000);
  await fill(page, FOREVER, true);
  await page.getByRole('combobox', { name: 'Time limit' }).selectOption('60000');
  await ask(page);
  const run = page.getByRole('button', { name: 'Execute it on primary and roll back' });
  if (hasJavaScript()) {
    await run.click();
    await expect.poll(() => running('1e9'), { timeout: 20_000 }).toBe(1);
    await expect(page.getByText(/for [2-9]\ss\s*\./)).toBeVisible();
    await page.getByRole('button', { name: 'Cancel the statement' }).click();
    await expect(says(page)).toContainText('Cancelled by local after');
  } else {
    // Without JavaScript the page loads until the plan is there; leaving it cancels the statement.
    await run.click({ noWaitAfter: true });
    await expect.poll(() => running('1e9'), { timeout: 20_000 }).toBe(1);
    await page.goto('/rules');
  }
  await expect.poll(() => running('1e9')).toBe(0);
});

test('a pasted plan is judged with the catalog of a server', async ({ page }) => {
  await open(page, '/plan');
  await page.getByRole('textbox', { name: 'Plan' }).fill('Seq Scan on orders  (cost=0.00..35.50 rows=20 width=4)');
  await page.getByRole('combobox', { name: 'Check against a server' }).first().selectOption('primary');
  await page.getByRole('button', { name: 'Show the plan' }).click();
  await expect(page.getByRole('heading', { name: 'Checked against the catalog of primary: 1 table' })).toBeVisible();
  await page.getByText('public.orders').click();
  await expect(page.getByText('orders_pkey')).toBeVisible();
});

test('a session’s statement is taken to the form, and never into the address', async ({ page }) => {
  await open(page, '/s/primary/activity?q=reports-export');
  await page.getByRole('region', { name: 'Sessions' }).getByRole('link', { name: /^\d+$/ }).first().click();
  await page.getByRole('button', { name: 'Explain' }).click();
  await expect(page).toHaveURL(/\/plan$/);
  await expect(page.getByLabel('Statement, without EXPLAIN')).not.toBeEmpty();
  await expect(page.getByRole('combobox', { name: /^Server/ })).toHaveValue('primary');
});

/** Another test's EXPLAIN may be under way: the page says so, and one tries again. */
async function retried(page: Page, run: () => Promise<void>) {
  await run().catch(async (error) => {
    if (!(await says(page).filter({ hasText: 'Another EXPLAIN is running' }).count())) throw error;
    await ask(page);
    await run();
  });
}
