// A pasted plan, with and without JavaScript: verdict, findings, nodes.
import { expect, open, test, verdict } from '../../support/page';
import { fixture } from '../../support/plan';

test('a plan in the form gives its verdict and what to do', async ({ page }) => {
  await open(page, '/plan');
  await page.getByRole('textbox', { name: 'Plan' }).fill(fixture('rules/filtered_seq_scan/fires.txt'));
  await page.getByRole('button', { name: 'Show the plan' }).click();
  await expect(verdict(page)).toContainText('Seq Scan on orders reads 200,000 rows to keep 400');
  await expect(page.getByText(/create index/i).first()).toBeVisible();
});

test('two plans in the form are compared in words', async ({ page }) => {
  await open(page, '/plan');
  await page.getByRole('textbox', { name: 'Plan' }).fill(fixture('rules/filtered_seq_scan/fires.txt'));
  await page.getByRole('textbox', { name: /^Compare with/ }).fill(fixture('rules/filtered_seq_scan/quiet.txt'));
  await page.getByRole('button', { name: 'Show the plan' }).click();
  await expect(verdict(page)).toContainText('times less.');
  await expect(page.getByRole('region', { name: 'Before and after' })).toContainText('Below is the plan before');
});

test('what is no plan is refused in one sentence with its place', async ({ page }) => {
  await open(page, '/plan');
  await page.getByRole('textbox', { name: 'Plan' }).fill('hello');
  await page.getByRole('button', { name: 'Show the plan' }).click();
  await expect(page.getByRole('alert')).toContainText('Line 1, column 1: expected');
});

test('the example is one click away', async ({ page }) => {
  await open(page, '/plan');
  await page.getByRole('link', { name: 'Show an example' }).click();
  await expect(verdict(page)).toContainText(/of \d+ nodes? takes?/);
});
