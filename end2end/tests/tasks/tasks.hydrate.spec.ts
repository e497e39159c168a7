// What people come for, wide and on a phone, with the number of keys, clicks or taps it takes.
import { connect, primary } from '../../support/demo';
import { Hands } from '../../support/hands';
import { expect, open, test, verdict, type Page } from '../../support/page';
import { fixture } from '../../support/plan';
import { pile } from '../../support/pile';

for (const width of [1440, 390]) {
  const phone = width === 390;
  test.describe(`at ${width} px`, () => {
    test.use({ viewport: { width, height: phone ? 844 : 900 }, hasTouch: phone });
    const main = (page: Page) => page.getByRole('main');

    test(`who blocks whom, and ending it, at ${width} px`, async ({ page }) => {
      const waiting = await pile(3, `task-blocker-${width}`, 'shop');
      try {
        await open(page, '/s/primary/');
        const hands = new Hands(page, phone);
        await hands.go('gl', 'Now', 'Locks');
        const row = main(page).getByRole('link', { name: new RegExp(waiting.name) }).filter({ visible: true });
        await hands.click(row.first(), 'the blocker');
        const drawer = main(page).getByRole('region', { name: /^pid \d+/ });
        if (phone) await hands.click(drawer.getByRole('button', { name: 'Terminate …' }), 'Terminate …');
        else await hands.press('x');
        const confirm = page.getByRole('button', { name: /^Terminate pid \d+$/ });
        await expect(confirm).toBeInViewport({ ratio: 1 });
        if (phone) await hands.click(confirm, 'Terminate pid');
        else await hands.press('y');
        await expect(page.getByText(/^pid \d+ has ended\. It took/)).toBeInViewport({ ratio: 1 });
        hands.took(5);
      } finally {
        await waiting.end();
      }
    });

    test(`the slowest running query, at ${width} px`, async ({ page }) => {
      const name = `task-slow-${width}`;
      const client = await connect(await primary(), name);
      client.on('error', () => {}); // It is terminated below.
      const asleep = client.query('select pg_sleep(120)').catch(() => {});
      try {
        await open(page, '/s/primary/');
        const hands = new Hands(page, phone);
        await hands.go('ga', 'Now', 'Activity');
        const sessions = page.getByRole('region', { name: 'Sessions' });
        await hands.click(sessions.getByRole('link', { name: 'Statement', exact: true }), 'Statement');
        await expect(page).toHaveURL(/sort=-statement/);
        const first = sessions.locator('tbody tr').first();
        // A client that runs something, neither a walsender nor a session whose cell is blank.
        await expect(first).toContainText('active');
        await expect(first).not.toContainText('walsender');
        hands.took(3);
      } finally {
        const killer = await connect(await primary(), 'task-killer');
        await killer.query('select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1', [name]);
        await killer.end();
        await asleep;
        await client.end().catch(() => {});
      }
    });

    test(`why a pasted plan is slow, at ${width} px`, async ({ page }) => {
      await open(page, '/plan');
      const hands = new Hands(page, phone);
      await hands.paste(fixture('17/hash_join.txt'));
      await expect(verdict(page)).toContainText(/of \d+ nodes? takes?/);
      await expect(verdict(page)).toBeInViewport();
      hands.took(1);
    });

    test(`which of two plans is better, and why, at ${width} px`, async ({ page }) => {
      await open(page, '/plan');
      const hands = new Hands(page, phone);
      await hands.paste(fixture('17/hash_join.txt'));
      await expect(verdict(page)).toContainText(/of \d+ nodes? takes?/);
      await hands.click(page.getByText('Change the plan'), 'Change the plan');
      await page.getByRole('textbox', { name: /^Compare with/ }).fill(fixture('18/hash_join.txt'));
      hands.steps.push('paste');
      await hands.click(page.getByRole('button', { name: 'Show the plan' }), 'Show the plan');
      await expect(verdict(page)).toContainText(/^After: .+ instead of .+/);
      await expect(verdict(page)).toBeInViewport();
      hands.took(4);
    });

    test(`what an idle transaction is and what to do, at ${width} px`, async ({ page }) => {
      test.setTimeout(150_000);
      await open(page, '/s/primary/activity');
      const hands = new Hands(page, phone);
      // The rule fires after a minute of idling.
      await expect(page.getByText(/has been idle in transaction for/).first()).toBeAttached({ timeout: 100_000 });
      const idle = page.getByRole('region', { name: 'Findings' }).getByText(/has been idle in transaction for/).filter({ visible: true });
      if (!(await idle.count())) await hands.click(page.getByText(/^\d+ more findings?, worst/).filter({ visible: true }), 'more findings');
      await hands.click(idle.first(), 'the finding');
      await expect(page.getByText(/^select pg_terminate_backend\(\d+\);/).filter({ visible: true }).first()).toBeVisible();
      hands.took(2);
    });

    test(`the disk fills: which bytes can be had, why, and how, at ${width} px`, async ({ page }) => {
      test.setTimeout(150_000);
      // A rewrite is estimated once the shop's tables were read with their dead rows.
      await expect
        .poll(async () => {
          await open(page, '/s/primary/tables');
          return page.getByText(/sessions in database shop would give back/).count();
        }, { timeout: 120_000 })
        .toBeGreaterThan(0);
      await open(page, '/s/primary/');
      const hands = new Hands(page, phone);
      await hands.go('gt', 'Workload', 'Tables');
      const panel = page.getByRole('region', { name: 'Reclaimable bytes' });
      const row = panel.locator('tbody tr', { hasText: 'public.sessions' });
      await expect(row).toContainText(/\d\s(MiB|GiB)/);
      await hands.click(row.getByRole('link'), 'the table');
      // The list has the same finding: it is opened where it led.
      await expect(page.getByRole('heading', { level: 1, name: /^Table public\.sessions/ })).toBeVisible();
      const why = page.getByRole('region', { name: 'Findings' }).getByText(/sessions in database shop would give back between/).filter({ visible: true });
      await hands.click(why.first(), 'the finding');
      await expect(why.first()).toContainText(/dead rows (that nobody removes: autovacuum is off|that VACUUM may not remove)/);
      const statement = page.getByRole('main').getByText(/^(vacuum \(analyze\) public\.sessions;|select pg_terminate_backend\(\d+\);)/);
      await expect(statement.filter({ visible: true }).first()).toBeVisible();
      await expect(page.getByText(/Not VACUUM FULL/).filter({ visible: true }).first()).toBeVisible();
      hands.took(4);
    });

    test(`what pgdeck costs, at ${width} px`, async ({ page }) => {
      await open(page, '/');
      const hands = new Hands(page, phone);
      await hands.go('gb', 'Reference', 'About');
      await expect(verdict(page)).toContainText(/%|ms/);
      hands.took(2);
    });

    test(`one server by its name, at ${width} px`, async ({ page }) => {
      await open(page, '/plan');
      const hands = new Hands(page, phone);
      if (phone) await hands.click(page.getByRole('button', { name: /Go to/ }), 'Go to');
      else await hands.press('Control+k');
      await page.getByRole('dialog').getByRole('combobox').or(page.getByRole('dialog').getByRole('searchbox')).or(page.getByRole('dialog').getByRole('textbox')).first().fill('standby');
      hands.steps.push('its name');
      await hands.press('Enter');
      await expect(page).toHaveURL(/\/s\/standby\//);
      hands.took(3);
    });

    test(`one server of a fleet, filtered in a table, at ${width} px`, async ({ page }) => {
      await open(page, '/?view=table');
      const hands = new Hands(page, phone);
      await page.getByRole('searchbox').first().fill('standby');
      hands.steps.push('its name');
      await expect(main(page).locator('tbody tr')).toHaveCount(1);
      await hands.click(main(page).getByRole('link', { name: 'standby', exact: true }), 'the server');
      await expect(page.getByRole('heading', { level: 1, name: 'standby' })).toBeVisible();
      hands.took(2);
    });
  });
}
