// Screenshot for the README: `npm run readme-shot`.
import { resolve } from 'node:path';
import { expect, open, test } from '../support/page';

test('the overview of the demo', async ({ page }) => {
  test.setTimeout(300_000);
  await open(page, '/s/primary/');
  // Long enough for the charts and the first findings.
  await page.waitForTimeout(100_000);
  await page.reload();
  await expect(page.getByRole('figure')).toHaveCount(12);
  await page.waitForTimeout(2_000);
  await page.screenshot({ path: resolve(__dirname, '../../docs/overview.png') });
});
