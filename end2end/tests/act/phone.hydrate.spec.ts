// Ending a blocker on a phone: every step is in view without scrolling, and the page stays where it is.
import { expect, open, test, type Page } from '../../support/page';
import { pile } from '../../support/pile';

test.use({ viewport: { width: 390, height: 844 }, hasTouch: true });

const scrolled = (page: Page) => page.evaluate(() => Math.round(window.scrollY));

test('the confirming button and the result are in view, and the page does not move', async ({ page }) => {
  const waiting = await pile(3, 'phone', 'shop');
  try {
    await open(page, '/s/primary/locks');
    const row = page.getByRole('main').getByRole('link', { name: new RegExp(waiting.name) }).filter({ visible: true });
    await row.first().tap();
    const drawer = page.getByRole('main').getByRole('region', { name: /^pid \d+/ });
    await drawer.getByRole('button', { name: 'Terminate …' }).tap();
    const confirm = page.getByRole('button', { name: /^Terminate pid \d+$/ });
    await expect(confirm).toBeInViewport({ ratio: 1 });
    // What it last ran, and whom ending it frees.
    await expect(page.getByText(/^Last ran begin; select pg_advisory_xact_lock/)).toBeInViewport({ ratio: 1 });
    await expect(page.getByText(/^Going by the latest reading of locks, this/)).toBeInViewport({ ratio: 1 });
    expect(await scrolled(page)).toBeGreaterThan(100);
    await confirm.tap();
    const result = page.getByText(/^pid \d+ has ended\. It took/);
    await expect(result).toBeInViewport({ ratio: 1 });
    // Not back at the top: what is above may change its height, and the browser keeps the view in place.
    expect(await scrolled(page)).toBeGreaterThan(100);
    await expect(page.getByRole('region', { name: 'Results' })).toBeFocused();
  } finally {
    await waiting.end();
  }
});

test('nothing that is tapped is smaller than a finger', async ({ page }) => {
  for (const path of ['/', '/s/primary/', '/s/primary/activity', '/s/primary/locks', '/s/primary/replication', '/plan']) {
    await open(page, path);
    const small = await page.evaluate(() =>
      [...document.querySelectorAll('button, select, summary, .topbar a, .tabbar a')]
        .map((element) => ({ box: element.getBoundingClientRect(), around: getComputedStyle(element, '::after'), text: element.textContent!.trim().slice(0, 30) }))
        // A word in a line is tapped on the box that stands around it.
        .filter(({ box, around }) => box.width > 2 && box.height > 2 && Math.max(box.height, around.position === 'absolute' ? parseFloat(around.height) : 0) < 43.5)
        .map(({ box, text }) => `${text}: ${Math.round(box.width)} × ${Math.round(box.height)}`),
    );
    expect.soft(small, path).toEqual([]);
    // Neither a button without a word or picture nor a band without words, which hides what is below it.
    const blank = await page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>('button, .stream-lost')]
        .filter((element) => element.checkVisibility() && element.offsetHeight > 2)
        .filter((element) => !element.innerText.trim() && ![...element.querySelectorAll('svg')].some((icon) => icon.clientWidth > 0))
        .map((element) => element.outerHTML.slice(0, 80)),
    );
    expect.soft(blank, `blank on ${path}`).toEqual([]);
    const bar = await page.locator('.topbar').boundingBox();
    expect.soft(bar!.height, `height of the top bar of ${path}: one row`).toBeLessThan(60);
  }
});
