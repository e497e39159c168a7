// Why a standby lags, found from its primary. Paused replay is seen on other pages too, so this runs alone.
import { connect, standby } from '../../support/demo';
import { Hands } from '../../support/hands';
import { expect, open, test } from '../../support/page';

test.describe.configure({ mode: 'serial' });

for (const width of [1440, 390]) {
  const phone = width === 390;
  test.describe(`at ${width} px`, () => {
    test.use({ viewport: { width, height: phone ? 844 : 900 }, hasTouch: phone });

    test(`why a standby lags, from its primary, at ${width} px`, async ({ page }) => {
      test.setTimeout(150_000);
      const client = await connect(await standby(), 'task-pause');
      await client.query('select pg_wal_replay_pause()');
      try {
        await open(page, '/s/primary/');
        const hands = new Hands(page, phone);
        await hands.go('gr', 'Now', 'Replication');
        const why = page.getByRole('region', { name: 'Findings' }).getByText(/replay is paused/i).filter({ visible: true }).first();
        await expect(why).toBeAttached({ timeout: 90_000 });
        await hands.click(why, 'the finding');
        await expect(page.getByRole('main').getByText(/^select pg_wal_replay_resume\(\);/).filter({ visible: true }).first()).toBeVisible();
        hands.took(4);
      } finally {
        await client.query('select pg_wal_replay_resume()');
        await client.end();
      }
    });
  });
}
