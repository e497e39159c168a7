// "Run it on a server" by keyboard only, and the parts of the form that need JavaScript.
import { expect, open, test } from '../../support/page';

test('by keyboard alone: open, fill, preview, run, back at the plan', async ({ page }) => {
  await open(page, '/plan');
  await page.getByText('Run it on a server').focus();
  await page.keyboard.press('Enter');
  const statement = page.getByLabel('Statement, without EXPLAIN');
  await expect(statement).toBeVisible(); // Its code is fetched with the first look at it.
  await statement.focus();
  await page.keyboard.type('select count(*) from products');
  await page.getByRole('button', { name: 'Preview' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: /^Preview for / })).toBeFocused();
  const run = page.getByRole('button', { name: /^Plan it on / });
  for (let presses = 0; presses < 6 && !(await run.evaluate((button) => button === document.activeElement)); presses++) {
    await page.keyboard.press('Tab');
  }
  await expect(run).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.locator('#plan-made')).toBeFocused();
  await expect(page.getByRole('tab', { name: 'Tree' })).toBeVisible();
});

test('a preview goes when the form changes, and what is pasted into the form stays there', async ({ page }) => {
  await open(page, '/plan');
  await page.getByText('Run it on a server').click();
  const statement = page.getByLabel('Statement, without EXPLAIN');
  await statement.fill('select $1::int, $3');
  await expect(page.getByRole('textbox', { name: /^\$\d/ })).toHaveCount(3);
  await statement.fill('select 1');
  await expect(page.getByRole('group', { name: 'Parameters' })).toBeHidden();
  await page.getByRole('button', { name: 'Preview' }).click();
  const preview = page.getByRole('heading', { name: /^Preview for / });
  await expect(preview).toBeVisible();
  await statement.press('End');
  await statement.pressSequentially('2');
  await expect(preview).toBeHidden();
  await statement.evaluate((field) => {
    const data = new DataTransfer();
    data.setData('text/plain', 'select 3');
    field.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
  });
  await expect(page.getByRole('alert')).toHaveCount(0);
});
