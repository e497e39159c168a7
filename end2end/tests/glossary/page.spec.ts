// Glossary: explanations of terms on the spot, and a page with links to the PostgreSQL manual of the
// server's major version.
import { expect, open, test } from '../../support/page';

for (const path of ['/s/primary/', '/s/primary/locks', '/s/primary/replication']) {
  test(`terms of ${path} are explained on the spot`, async ({ page }) => {
    await open(page, path);
    const terms = page.getByRole('main').locator('button.term');
    await expect(terms.first()).toBeVisible();
    const targets = await terms.evaluateAll((all) => all.map((term) => term.getAttribute('popovertarget') ?? ''));
    for (const target of new Set(targets)) await expect(page.locator(`[id="${target}"]`)).toHaveCount(1);
    const explanation = page.locator(`[id="${targets[0]}"]`);
    await expect(explanation).toBeHidden();
    await terms.first().click();
    await expect(explanation).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(explanation).toBeHidden();
    await terms.first().focus();
    await page.keyboard.press('Enter');
    await expect(explanation).toBeVisible();
    await expect(page).toHaveURL(new RegExp(`${path}$`));
    await explanation.getByRole('link', { name: 'Glossary' }).click();
    await expect(page).toHaveURL(/\/glossary#/);
    const id = new URL(page.url()).hash.slice(1);
    await expect(page.locator(`[id="${id}"]`)).toBeInViewport();
    const manual = page.getByRole('main').getByRole('link', { name: /^\d\d$/ }).first();
    await expect(manual).toHaveAttribute('href', /^https:\/\/www\.postgresql\.org\/docs\/1\d\/[a-z-]+\.html$/);
  });
}

test('the old address leads to the glossary', async ({ page }) => {
  await open(page, '/words');
  await expect(page).toHaveURL(/\/glossary$/);
});
