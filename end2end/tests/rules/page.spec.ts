// Rules page: every rule with its effective limits and where they are set.
import { expect, open, test } from '../../support/page';

test('every rule says what happens, what to do and its limits', async ({ page }) => {
  await open(page, '/rules');
  const rules = page.getByRole('article');
  const count = await rules.count();
  const plans = await rules.filter({ has: page.getByText(/^plan\//) }).count();
  expect(plans).toBeGreaterThan(20);
  expect(count).toBeGreaterThanOrEqual(8);
  await expect(page.getByText(`${count - plans} rules check every reading, ${plans} check plans.`)).toBeVisible();
  for (const rule of await rules.all()) {
    await expect(rule.getByRole('heading')).toContainText(/[a-z]+\/[a-z_]+$/);
    await expect(rule).toContainText('If ignored:');
    await expect(rule).toContainText('What to do:');
    const manual = rule.getByRole('link', { name: / manual$/ });
    const of = (await manual.textContent()) === 'TimescaleDB manual' ? 'docs.timescale.com/' : 'www.postgresql.org/docs/';
    expect(await manual.getAttribute('href')).toContain(`https://${of}`);
  }
});

test('a filter finds a rule by its words', async ({ page }) => {
  await open(page, '/rules');
  const filter = page.getByRole('searchbox', { name: /^Filter rules/ });
  await filter.fill('locks/ deadlock_timeout');
  await filter.press('Enter');
  await expect(page).toHaveURL(/[?&]q=locks/);
  const rules = page.getByRole('article');
  await expect(rules.filter({ hasText: 'locks/deadlocks' })).toBeVisible();
  await expect(rules.filter({ hasText: 'plan/' })).toHaveCount(0);
});

test('a limit has a unit, a source and says whether it is the default', async ({ page }) => {
  await open(page, '/rules#activity/idle_in_transaction');
  const limit = page.getByRole('group', { name: 'Limits of activity/idle_in_transaction' }).getByRole('row', { name: /^warn_from_s/ });
  await expect(limit.getByRole('cell').nth(0)).toHaveText('1 min');
  await expect(limit.getByRole('cell').nth(1)).toHaveText('the default');
  await expect(limit.getByRole('cell').nth(2)).toHaveText(/\S+/);
  await expect(limit).toBeInViewport();
});
