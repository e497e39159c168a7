// Fleet page: the servers, their state, and links to each.
import { expect, open, test, verdict } from '../../support/page';

test('the fleet names every server with kind and version', async ({ page }) => {
  await open(page, '/');
  await expect(verdict(page)).toHaveText(/^3 servers(: |, all checked, no open warnings\.$)/);
  for (const [name, kind] of [['primary', 'primary'], ['standby', 'standby']]) {
    const card = page.getByRole('listitem').filter({ has: page.getByRole('heading', { name, exact: true }) });
    await expect(card).toContainText(`Up ${kind}, PostgreSQL `);
    await expect(card).toContainText(/PostgreSQL \d\d\.\d/);
    await expect(card).toContainText(/Transactions per second\s*[\d.]+( k)?\/s/);
    await expect(card).toContainText(/Connections\s*\d+ of 100/);
    await expect(card).toContainText(/Replication lag\s*[\d.]+\s(ns|µs|ms|s|min), [\d.]+\s(B|KiB|MiB|GiB)/);
  }
});

test('servers in trouble come first', async ({ page }) => {
  await open(page, '/');
  const worst = await page
    .getByRole('main')
    .getByRole('listitem')
    .evaluateAll((cards) => cards.map((card) => card.className).map((c) => (/critical/.test(c) ? 2 : /warning/.test(c) ? 1 : 0)));
  expect(worst.length).toBeGreaterThanOrEqual(2);
  // Among servers in trouble the harm decides, not the severity (`urgency` in shell/navigation.rs).
  const troubled = worst.map((severity) => severity > 0);
  expect(troubled).toEqual([...troubled].sort((a, b) => Number(b) - Number(a)));
});

test('a card leads to the overview, the rail back', async ({ page }) => {
  await open(page, '/');
  await page.getByRole('main').getByRole('link', { name: 'primary', exact: true }).click();
  await expect(page).toHaveURL(/\/s\/primary\/$/);
  await expect(page.getByRole('heading', { level: 1, name: 'primary' })).toBeVisible();
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Fleet' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Fleet' })).toBeVisible();
});

test('the switcher keeps the area', async ({ page }) => {
  await open(page, '/s/primary/activity');
  const banner = page.getByRole('banner');
  await banner.getByText('Server: primary').click();
  await banner.getByRole('link', { name: /^standby/ }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Activity of standby' })).toBeVisible();
});
