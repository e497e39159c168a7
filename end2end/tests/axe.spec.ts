// axe-core finds nothing, on any page, in both themes, wide and narrow.
import AxeBuilder from '@axe-core/playwright';
import { LOOKS, PAGES, expect, openAs, test } from '../support/page';

for (const { name, path } of PAGES) {
  test(`${name} is accessible`, async ({ page }) => {
    test.setTimeout(60_000);
    for (const look of LOOKS) {
      if (look.width === 1440) await openAs(page, path, look);
      else await page.setViewportSize({ width: look.width, height: 900 });
      const { violations } = await new AxeBuilder({ page }).analyze();
      const says = violations.map((v) => `${v.id} (${v.impact}): ${v.help}: ${v.nodes.slice(0, 3).map((n) => `${n.target} ${n.any[0]?.message ?? ''}`).join('; ')}`);
      expect.soft(says, `${look.width} px, ${look.theme}`).toEqual([]);
    }
  });
}

test('an open finding, an open session and the dialogs are accessible', async ({ page }) => {
  await openAs(page, '/s/primary/activity?q=reports-export', { width: 1440, theme: 'light' });
  await page.getByRole('table').getByRole('link', { name: /^\d+$/ }).first().click();
  await expect(page.getByRole('region', { name: /^Session \d+$/ })).toBeVisible();
  const found = async () => (await new AxeBuilder({ page }).analyze()).violations.map((v) => `${v.id}: ${v.nodes[0].target}`);
  expect.soft(await found(), 'session').toEqual([]);
  await page.keyboard.press('?');
  expect.soft(await found(), 'keys').toEqual([]);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+k');
  expect.soft(await found(), 'palette').toEqual([]);
});
