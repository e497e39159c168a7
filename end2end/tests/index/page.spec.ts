// The page of one index: what it is, who scans it, what it costs, and what can be done; and the button that reads again.
import { expect, open, test, type Page } from '../../support/page';

const region = (page: Page, name: string) => page.getByRole('region', { name });

/** Opens the list of indexes once it has rows. */
async function listed(page: Page, path: string) {
  await expect
    .poll(async () => {
      await open(page, path);
      return page.getByRole('group', { name: 'Indexes', exact: true }).locator('tbody tr').count();
    }, { timeout: 60_000 })
    .toBeGreaterThan(0);
}

test('the list leads to an index, which says what it is, who scans it and what can be done', async ({ page }) => {
  test.setTimeout(90_000);
  await listed(page, '/s/primary/indexes?q=orders_pkey');
  await page.getByRole('link', { name: 'orders_pkey', exact: true }).first().click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(/^Index \w+\.orders_pkey$/);
  await expect(region(page, 'What it is')).toContainText('CREATE UNIQUE INDEX orders_pkey');
  await expect(region(page, 'What it is')).toContainText('primary key');
  await expect(region(page, 'Who scans it').getByRole('row').nth(1)).toContainText('primary');
  await expect(region(page, 'Its scans over time')).toContainText(/recorded/);
  await expect(region(page, 'What writes pay for it')).toContainText('HOT updates');
  await expect(region(page, 'What can be done about it')).toContainText(/reindex index concurrently \w+\.orders_pkey;/);
  await page.getByRole('link', { name: /\.orders$/ }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(/^Table \w+\.orders$/);
  await page.getByRole('link', { name: 'orders_pkey', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(/^Index /);
});

test('an index that is not there is said to be missing', async ({ page }) => {
  test.setTimeout(90_000);
  await listed(page, '/s/primary/indexes');
  await open(page, '/s/primary/index?database=shop&schema=public&name=%3Cscript%3E');
  await expect(page.getByText('No index of this name was there').first()).toBeVisible();
});

test('new readings are asked for by a button, which leads back', async ({ page }) => {
  test.setTimeout(90_000);
  await listed(page, '/s/primary/indexes?q=orders');
  await page.getByRole('button', { name: 'Read again' }).click();
  await expect(page).toHaveURL(/\/s\/primary\/indexes\?q=orders$/);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Indexes of primary');
});
