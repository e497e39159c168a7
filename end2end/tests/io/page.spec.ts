// Cache and I/O: who reads and writes, checkpoints, and shared buffers on request.
import { connect, primary } from '../../support/demo';
import { expect, open, test, verdict, type Page } from '../../support/page';

const panel = (page: Page, name: string) => page.getByRole('region', { name, exact: true });

test('who reads and writes, checkpoints, writers and WAL', async ({ page }) => {
  await expect(async () => {
    await open(page, '/s/primary/io');
    const who = panel(page, 'Who reads and writes');
    await expect(who.getByRole('row').filter({ hasText: 'client backend' }).first()).toBeVisible({ timeout: 1_000 });
  }).toPass({ timeout: 60_000 });
  await expect(panel(page, 'Who reads and writes')).toContainText('no proof of a disk access');
  await expect(panel(page, 'Checkpoints')).toContainText('checkpoint_timeout');
  await expect(panel(page, 'Checkpoints')).toContainText(/by time, .* requested/);
  await expect(panel(page, 'WAL')).toContainText('Full-page images');
  await expect(verdict(page)).not.toBeEmpty();
});

test('a standby has restartpoints and writes no WAL', async ({ page }) => {
  await expect(async () => {
    await open(page, '/s/standby/io');
    await expect(panel(page, 'Restartpoints')).toContainText('checkpoint of its primary', { timeout: 1_000 });
  }).toPass({ timeout: 60_000 });
  await expect(panel(page, 'WAL')).toContainText('only on a primary');
});

test('shared buffers are read on request, and what is missing is shown with its SQL', async ({ page }) => {
  const session = await connect(await primary(), 'buffer-cache');
  await session.query('drop extension if exists pg_buffercache');
  try {
    await open(page, '/s/primary/io');
    const cache = panel(page, 'What shared buffers hold');
    await expect(cache).toContainText('Nothing is read before you ask for it.');
    const read = async (button: string) => {
      await cache.getByRole('textbox', { name: 'Database' }).fill('postgres');
      await cache.getByRole('button', { name: button }).click();
    };
    await read('Read by relation');
    await expect(cache).toContainText('create extension pg_buffercache;');
    await session.query('create extension pg_buffercache');
    await read('Read by relation');
    await expect(cache.getByRole('group', { name: 'Shared buffers by relation' })).toContainText('pg_catalog.');
    await expect(cache).toContainText('are free');
    await read('Read the sums');
    await expect(cache.getByRole('group', { name: 'Buffers by usage count' })).toBeVisible();
  } finally {
    await session.query('drop extension if exists pg_buffercache');
    await session.end();
  }
});
