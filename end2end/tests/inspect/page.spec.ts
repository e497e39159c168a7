// The page inspector: a page of a table with its row versions and HOT chain, of a B-tree with its entries, what is
// missing with its SQL, and that no value is shown.
import { connect, primary } from '../../support/demo';
import { expect, hasJavaScript, open, test, type Page } from '../../support/page';

const region = (page: Page, name: string) => page.getByRole('region', { name });
const address = (name: string, more = '') => `/s/primary/inspect?database=shop&schema=public&name=${name}${more}`;
const CANARY = 'canary-4711';

/** A table with a HOT chain and a deleted row, as a superuser makes it; one of its own per project. */
async function table(): Promise<string> {
  const name = `inspected_${hasJavaScript() ? 'with' : 'without'}_${Date.now()}`;
  const shop = await connect({ ...(await primary()), database: 'shop' }, 'inspect');
  try {
    await shop.query(`create table ${name} (id int primary key, note text) with (autovacuum_enabled = off)`);
    await shop.query(`insert into ${name} select n, '${CANARY}' from generate_series(1, 5) n`);
    await shop.query(`update ${name} set note = 'b${CANARY}' where id = 1`);
    await shop.query(`delete from ${name} where id = 2`);
    // Whoever looks first leaves hint bits.
    await shop.query(`select count(*) from ${name}`);
  } finally {
    await shop.end();
  }
  return name;
}

async function dropped(name: string) {
  const shop = await connect({ ...(await primary()), database: 'shop' }, 'inspect');
  await shop.query(`drop table ${name}`);
  await shop.end();
}

test('a page shows row versions, their chain and no value', async ({ page }) => {
  const name = await table();
  try {
    await open(page, '/s/primary/inspect');
    await page.getByRole('textbox', { name: 'Database' }).fill('shop');
    await page.getByRole('textbox', { name: 'Table or index' }).fill(name);
    await page.getByRole('button', { name: 'Look' }).click();
    await expect(page.getByRole('img', { name: /6 line pointers; row versions: 4 live, 2 deleted or updated; .* free/ })).toBeVisible();
    const rows = region(page, 'Row versions').getByRole('row');
    await expect(rows.nth(1)).toContainText(/updates, committed.*6 by HOT/);
    await expect(rows.nth(2)).toContainText('deletes, committed');
    await expect(rows.nth(6)).toContainText('HEAP_ONLY_TUPLE');
    await expect(region(page, 'HOT chains').getByRole('listitem')).toContainText(/Index entries → \s*1 deleted or updated\s*→\s*6 live/);
    await expect(region(page, 'Free space and visibility')).toContainText('not all-visible');
    // The demo has no pg_freespacemap.
    await expect(region(page, 'Free space and visibility')).toContainText('create extension pg_freespacemap;');
    // pgdeck's role may not read this table, not even sizes.
    await page.getByRole('link', { name: 'Sizes of the values of row version 3' }).click();
    await expect(region(page, 'Values out of line (TOAST)')).toContainText(`grant select on "public"."${name}"`);
    expect(await page.content()).not.toContain(CANARY);
    await open(page, address(`${name}_pkey`, '&block=1'));
    await expect(region(page, 'Its place in the tree')).toContainText('leaf');
    await expect(region(page, 'Entries').getByRole('row')).toHaveCount(6);
    await open(page, address(`${name}_pkey`));
    await expect(region(page, 'The tree')).toContainText('block 1');
  } finally {
    await dropped(name);
  }
});

test('pages are leafed through, and what is not there is said', async ({ page }) => {
  await open(page, address('products'));
  await page.getByRole('navigation', { name: 'Blocks beside' }).getByRole('link', { name: 'Block 1' }).click();
  await expect(page).toHaveURL(/block=1/);
  await expect(page.getByText(/Block 1 of public\.products/)).toBeVisible();
  await open(page, address('products', '&block=4000000000'));
  await expect(page.getByRole('alert').filter({ hasText: 'It has no such block' })).toBeVisible();
  await open(page, address('none%22%27%3B'));
  await expect(page.getByRole('alert').filter({ hasText: 'There is no table or index of that name' })).toBeVisible();
});

test('the page of a table leads there', async ({ page }) => {
  await open(page, '/s/primary/table?database=shop&schema=public&name=products');
  await page.getByRole('link', { name: 'Look at its pages' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Page inspector of primary' })).toBeVisible();
  await expect(page.getByRole('img', { name: /The page, drawn/ })).toBeVisible();
});
