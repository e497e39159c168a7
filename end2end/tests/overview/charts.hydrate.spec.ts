// What moves on charts: brush, keys, legend, table, clock.
import { expect, open, test, type Page } from '../../support/page';

const chart = (page: Page, title: RegExp) => page.getByRole('figure', { name: title });
const LOAD = /^Average active sessions by wait class/;
const TRANSACTIONS = /^Transactions per second/;

async function withPoints(page: Page) {
  await expect(async () => {
    await open(page, '/s/primary/');
    await expect(chart(page, TRANSACTIONS).getByRole('slider')).toHaveAttribute('aria-valuemax', /^([3-9]|\d\d+)$/, { timeout: 1_000 });
  }).toPass({ timeout: 25_000 });
}

test('dragging over a chart chooses its span, and the cross-hair is on all charts', async ({ page }) => {
  await withPoints(page);
  const plot = chart(page, TRANSACTIONS).getByRole('slider');
  // Above it findings come and go.
  await plot.evaluate((plot) => plot.scrollIntoView({ block: 'center' }));
  const box = (await plot.boundingBox())!;
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + box.width * 0.3, y);
  await expect(chart(page, LOAD).locator('.cross')).toHaveCount(1);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.5, y, { steps: 3 });
  await page.mouse.move(box.x + box.width * 0.8, y, { steps: 3 });
  await expect(chart(page, LOAD).locator('.chosen-span')).toHaveCount(1);
  await page.mouse.up();
  await expect(page).toHaveURL(/\?from=\d{13}&to=\d{13}$/);
  await expect(page.locator('.chosen-span')).toHaveCount(0);
  const before = page.url();
  await page.keyboard.press('[');
  await expect(page).not.toHaveURL(before);
  await page.keyboard.press(']');
  await expect(page).toHaveURL(before);
  await page.goBack();
  await page.goBack();
  await page.goBack();
  await expect(page).toHaveURL(/\/s\/primary\/$/);
});

test('keys alone choose a span and open the table', async ({ page }) => {
  await withPoints(page);
  const plot = chart(page, TRANSACTIONS).getByRole('slider');
  await plot.focus();
  for (const key of ['ArrowLeft', 'Shift+ArrowLeft', 'Shift+ArrowLeft']) await page.keyboard.press(key);
  await expect(plot).toHaveAttribute('aria-valuetext', /^\d\d:\d\d:\d\d to \d\d:\d\d:\d\d is chosen, Enter shows it\./);
  await page.keyboard.press('Escape');
  await expect(page.locator('.chosen-span')).toHaveCount(0);
  await page.keyboard.press('t');
  await expect(chart(page, TRANSACTIONS).getByRole('table')).toBeVisible();
  await page.keyboard.press('t');
  await expect(chart(page, TRANSACTIONS).getByRole('table')).toBeHidden();
  for (const key of ['ArrowLeft', 'Shift+ArrowLeft', 'Shift+ArrowLeft', 'Enter']) await page.keyboard.press(key);
  await expect(page).toHaveURL(/\?from=\d{13}&to=\d{13}$/);
});

test('the legend hides a line and shows it again, and nothing moves', async ({ page }) => {
  await withPoints(page);
  const connections = chart(page, /^Connections/);
  const active = connections.getByRole('button', { name: 'active' });
  const before = (await connections.boundingBox())!;
  await expect(active).toHaveAttribute('aria-pressed', 'true');
  await active.click();
  await expect(active).toHaveAttribute('aria-pressed', 'false');
  await expect(connections.locator('.over .line')).toHaveCount(2);
  await expect(connections.locator('.picture .line').first()).toBeHidden();
  expect((await connections.boundingBox())!.height).toBe(before.height);
  await active.click();
  await expect(connections.locator('.over .line')).toHaveCount(0);
  await expect(connections.locator('.picture .line').first()).toBeVisible();
});

test.describe('elsewhere', () => {
  test.use({ timezoneId: 'Asia/Kolkata' });

  test('times are UTC until local time is chosen, and the choice stays', async ({ page }) => {
    const errors: string[] = [];
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    page.on('pageerror', (error) => errors.push(error.message));
    await withPoints(page);
    const time = chart(page, TRANSACTIONS).locator('.legend-time');
    await expect(time).toHaveText(/ UTC$/);
    const minutes = async () => {
      const [, hour, minute] = (await time.innerText()).match(/(\d\d):(\d\d):\d\d/)!;
      return Number(hour) * 60 + Number(minute);
    };
    const utc = await minutes();
    await page.locator('.range-menu > summary').click();
    await page.getByRole('button', { name: 'Show local time' }).click();
    await expect(time).toHaveText(/ local time$/);
    const ahead = ((await minutes()) - utc + 1440) % 1440;
    expect([330, 331]).toContain(ahead);
    await open(page, '/s/primary/activity');
    await expect(chart(page, LOAD).locator('.legend-time')).toHaveText(/ local time$/);
    expect(errors).toEqual([]);
  });
});
