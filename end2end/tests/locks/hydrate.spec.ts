// Locks page with JavaScript: keyboard navigation and live updates of the wait-for graph.
import { expect, open, test } from '../../support/page';
import { pile } from '../../support/pile';

test('the root is named after two keys, and opened by keyboard alone', async ({ page }) => {
  const waiting = await pile(3);
  try {
    await open(page, '/s/primary/');
    await page.keyboard.press('g');
    await page.keyboard.press('l');
    await expect(page).toHaveURL(/\/locks$/);
    await expect(page.getByRole('region', { name: 'Root blocker', exact: true })).toContainText(/pid \d+.* blocks \d+ sessions?\. Ending it/);
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(/[?&]pid=\d+/);
    await expect(page.getByRole('main').getByRole('region', { name: /^pid \d+/ })).toContainText(/Ending it/);
    await page.keyboard.press('Escape');
    await expect(page).not.toHaveURL(/pid=/);
  } finally {
    await waiting.end();
  }
});

test('who begins and who ceases to wait shows without a reload, and the focus stays', async ({ page }) => {
  await open(page, '/s/primary/locks?q=application:live-pile');
  const boxes = page.getByRole('group', { name: 'Who waits for whom' }).getByRole('link');
  const waiting = await pile(2, 'live-pile');
  try {
    await expect(boxes).toHaveCount(3);
    await boxes.first().focus();
    const name = await boxes.first().getAttribute('id');
    const before = await boxes.nth(1).textContent();
    // Ages change every second: the focused element has been replaced by newer HTML.
    await expect(boxes.nth(1)).not.toHaveText(before!);
    await expect(boxes.first()).toBeFocused();
    await expect(boxes.first()).toHaveAttribute('id', name!);
  } finally {
    await waiting.end();
  }
  await expect(boxes).toHaveCount(0);
});
