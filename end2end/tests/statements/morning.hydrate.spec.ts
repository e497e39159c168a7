// "It is slow since this morning": from the overview to the statement, its cause and the plan that changed, in
// at most five clicks, wide and on a phone. The demo of this test has a past, and one trouble.
import { Hands } from '../../support/hands';
import { expect, open, test } from '../../support/page';
import { start } from '../../support/pgdeck';

test('from "slow since this morning" to the plan that changed in five clicks', async ({ page, context }) => {
  test.setTimeout(240_000);
  const demo = await start(['demo', '--trouble', 'dropped-index', '--listen', '127.0.0.1:0'], 60_000);
  try {
    await context.clearCookies();
    await page.goto(demo.link);
    for (const width of [1440, 390]) {
      await page.setViewportSize({ width, height: width === 390 ? 844 : 900 });
      const slower = page.getByRole('region', { name: 'Findings' }).getByText(/per call instead of .* Shortly before: Index payments_order_id_idx on payments dropped/);
      await expect
        .poll(async () => {
          await open(page, `${demo.url}/s/primary/`);
          return slower.filter({ visible: true }).count();
        }, { timeout: 180_000, intervals: [2_000] })
        .toBeGreaterThan(0);
      const hands = new Hands(page, false);
      await hands.click(slower.filter({ visible: true }).first(), 'the finding');
      await hands.click(page.getByRole('link', { name: /^statement -?\d+$/ }).filter({ visible: true }).first(), 'the statement');
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Statement of primary');
      await expect(slower.filter({ visible: true }).first()).toContainText(/is explained by/);
      await expect(page.getByRole('region', { name: 'Text' })).toContainText('from payments');
      const plans = page.getByRole('region', { name: 'Plans seen' });
      await expect(plans).toContainText('Index Scan using payments_order_id_idx on payments');
      await expect(plans).toContainText('Seq Scan on payments');
      await hands.click(plans.getByRole('button', { name: 'Compare the two plans' }).first(), 'the two plans');
      await expect(page).toHaveURL(/\/plan/);
      await expect(page.getByRole('main')).toContainText(/Index Scan.*Seq Scan|Seq Scan.*Index Scan/s);
      hands.took(5);
    }
    await open(page, `${demo.url}/s/primary/?range=7d`);
    await expect(page.getByRole('note').filter({ hasText: 'This is the demo' })).toBeVisible();
    await page.getByRole('main').getByText(/events in this time/).filter({ visible: true }).first().click();
    await expect(page.getByText('The past of the demo until here is generated').filter({ visible: true }).first()).toBeVisible();
    await open(page, `${demo.url}/about`);
    await expect(page.getByRole('region', { name: 'History' })).toContainText(/is generated: the demo has made it up/);
  } finally {
    expect(await demo.stop()).toBe(0);
  }
});
