// Glossary: explanations of terms, with links to the PostgreSQL manual of the server's major version.
import { expect, open, test } from '../../support/page';

for (const path of ['/s/primary/', '/s/primary/locks', '/s/primary/replication']) {
  test(`figures of ${path} lead to their explanation`, async ({ page }) => {
    await open(page, path);
    const links = page.getByRole('main').locator('a.term');
    await expect(links.first()).toBeVisible();
    const targets = await links.evaluateAll((all) => all.map((link) => link.getAttribute('href') ?? ''));
    await links.first().click();
    await expect(page).toHaveURL(/\/glossary#/);
    await expect(page.locator(targets[0].replace('/glossary', ''))).toBeInViewport();
    for (const target of targets) await expect(page.locator(target.replace('/glossary', ''))).toHaveCount(1);
    const manual = page.getByRole('main').getByRole('link', { name: /^\d\d$/ }).first();
    await expect(manual).toHaveAttribute('href', /^https:\/\/www\.postgresql\.org\/docs\/1\d\/[a-z-]+\.html$/);
  });
}

test('the old address leads to the glossary', async ({ page }) => {
  await open(page, '/words');
  await expect(page).toHaveURL(/\/glossary$/);
});
