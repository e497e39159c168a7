// Index suggestions on the demo, which has no hypopg: statements are planned on request, what is missing is said,
// and only index statements are taken.
import { expect, open, test, type Page } from '../../support/page';

const PATH = '/s/primary/suggestions?range=24h&database=shop';
const part = (page: Page, name: string) => page.getByRole('region', { name, exact: true });

test('indexes are looked for on request', async ({ page }) => {
  await open(page, PATH);
  await expect(part(page, 'Statements')).toContainText(/statements? ran in database shop from/);
  await expect(part(page, 'Suggestions')).toContainText('Indexes have not been looked for yet.');
  await part(page, 'Suggestions').getByRole('button', { name: 'Look for indexes' }).click();
  await expect(part(page, 'Suggestions')).toContainText('create extension hypopg;', { timeout: 20_000 });
  await expect(part(page, 'Suggestions')).toContainText('Without it nothing is proved');
  // Statements on customers cannot be planned: the demo's role may not read that table.
  await expect(part(page, 'Suggestions').getByText(/looked at, \d+ of them not planned/)).toBeVisible();
  await expect(part(page, 'Suggestions').getByText(/permission|privilege|grant select/i).first()).toBeVisible();
});

test('what if needs hypopg and says how to get it', async ({ page }) => {
  await open(page, PATH);
  const box = part(page, 'What if');
  await box.getByLabel('CREATE INDEX and DROP INDEX').fill('create index on orders (placed)');
  await box.getByLabel('A statement to plan').fill('select 1 from orders where id = 1');
  // Another test may have something planned on the server: one at a time.
  await expect(async () => {
    await box.getByRole('button', { name: 'Compare costs' }).click();
    await expect(box).toContainText('create extension hypopg;', { timeout: 5_000 });
  }).toPass({ timeout: 25_000 });
  await expect(box).toContainText('needs no restart');
});

test('anything but an index is refused in one sentence', async ({ page }) => {
  await open(page, PATH);
  const box = part(page, 'What if');
  await box.getByLabel('CREATE INDEX and DROP INDEX').fill('drop table orders; </textarea><b>');
  await box.getByRole('button', { name: 'Compare costs' }).click();
  await expect(box.getByRole('alert')).toBeVisible({ timeout: 20_000 });
  await box.getByLabel('CREATE INDEX and DROP INDEX').fill('drop table orders');
  await box.getByRole('button', { name: 'Compare costs' }).click();
  await expect(box.getByRole('alert')).toContainText('Only CREATE INDEX and DROP INDEX can be tried, not DROP', { timeout: 20_000 });
  await expect(box.getByLabel('CREATE INDEX and DROP INDEX')).toHaveValue('drop table orders');
});

test('the pages of statements and indexes lead here', async ({ page }) => {
  await open(page, '/s/primary/statements?range=24h');
  await page.getByRole('link', { name: 'Indexes that they ask for' }).click();
  await expect(page).toHaveURL(/\/suggestions\?range=24h/);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Index suggestions of primary');
  await open(page, '/s/primary/indexes');
  await page.getByRole('link', { name: 'Indexes that statements ask for' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Index suggestions of primary');
});
