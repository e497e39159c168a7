// Terminating the root blocker from the overview with four keys or three clicks; no accidental action.
import { expect, open, test, type Page } from '../../support/page';
import { pile } from '../../support/pile';

// More than the demo's own chains hold up: the first root is ours.
const MANY = 40;

const roots = (page: Page) => page.getByRole('region', { name: 'Root blocker', exact: true });
const done = (page: Page) => page.getByRole('region', { name: 'Results' });

// One at a time: each ends the first root there is.
test.describe.configure({ mode: 'serial' });

test('four keys from the overview end the root, and the page says that it worked', async ({ page }) => {
  const waiting = await pile(MANY, undefined, 'shop');
  try {
    await open(page, '/s/primary/');
    await page.keyboard.press('g');
    await page.keyboard.press('l');
    await expect(roots(page)).toContainText(`blocks ${MANY} sessions. Ending it frees ${MANY} sessions`);
    await page.keyboard.press('x');
    const confirm = page.getByRole('button', { name: /^Terminate pid \d+$/ });
    await expect(confirm).toBeVisible();
    await expect(roots(page)).toContainText(`this frees ${MANY} sessions`);
    const pid = (await confirm.innerText()).split(' ').at(-1)!;
    await page.keyboard.press('y');
    await expect(done(page)).toContainText(`pid ${pid} has ended. It took`);
    await expect(page.getByRole('region', { name: 'Who waits for whom' })).not.toContainText(waiting.name);
  } finally {
    await waiting.end();
  }
});

test('three clicks from the overview end the root', async ({ page }) => {
  const waiting = await pile(MANY, undefined, 'shop');
  try {
    await open(page, '/s/primary/');
    await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: /^Locks/ }).click();
    await roots(page).getByRole('button', { name: 'Terminate …' }).first().click();
    await page.getByRole('button', { name: /^Terminate pid \d+$/ }).click();
    await expect(done(page)).toContainText(/pid \d+ has ended\. It took/);
    await done(page).getByRole('button', { name: 'Close' }).click();
    await expect(done(page)).toBeHidden();
  } finally {
    await waiting.end();
  }
});

test('a key that is held, or pressed where nothing is shown, does nothing; Esc takes a preview back', async ({ page }) => {
  const waiting = await pile(MANY, undefined, 'shop');
  try {
    await open(page, '/s/primary/locks');
    await expect(roots(page)).toContainText(waiting.name);
    await page.keyboard.press('y');
    await page.keyboard.press('x');
    const confirm = page.getByRole('button', { name: /^Terminate pid \d+$/ });
    await expect(confirm).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(confirm).toBeHidden();
    await page.keyboard.press('y');
    await expect(roots(page)).toContainText(waiting.name);
    await expect(done(page)).toBeHidden();
  } finally {
    await waiting.end();
  }
});

test('ticks stay while the table is told anew each second', async ({ page }) => {
  const waiting = await pile(3, undefined, 'shop');
  try {
    await open(page, `/s/primary/locks?view=table&q=application:${waiting.name}`);
    const rows = page.getByRole('group', { name: 'Waiters' }).getByRole('row');
    const box = rows.nth(1).getByRole('checkbox');
    await box.check();
    const name = await box.getAttribute('aria-label');
    const age = await rows.nth(1).getByRole('cell').nth(1).textContent();
    await expect(rows.nth(1).getByRole('cell').nth(1)).not.toHaveText(age!);
    await expect(page.getByRole('checkbox', { name: name! })).toBeChecked();
    await expect(page.getByRole('checkbox', { checked: true })).toHaveCount(1);
  } finally {
    await waiting.end();
  }
});
