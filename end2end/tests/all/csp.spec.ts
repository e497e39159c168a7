// Content security policy (CSP) and security headers of every page; hydration logs no errors.
import { PAGES, expect, hasJavaScript, open, test } from '../../support/page';

for (const { name, path } of PAGES) {
  test(`${name}: strict headers, a silent console`, async ({ page }) => {
    const said: string[] = [];
    page.on('console', (message) => {
      // The browser logs the status 404 of the not-found page, which is expected.
      const status = name === 'not-found' && message.text().includes('404');
      if (['error', 'warning'].includes(message.type()) && !status) said.push(message.text());
    });
    page.on('pageerror', (error) => said.push(String(error)));
    const answer = page.waitForResponse((response) => new URL(response.url()).pathname === path.split('?')[0]);
    await open(page, path);
    const headers = (await answer).headers();
    // What the browser part does after hydration is heard too.
    if (hasJavaScript()) await page.waitForTimeout(1_000);
    expect(said).toEqual([]);

    const policy = headers['content-security-policy'];
    expect(policy).toContain("default-src 'none'");
    expect(policy).toMatch(/script-src 'nonce-[\w+/=-]{16,}' 'strict-dynamic' 'wasm-unsafe-eval'/);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe-inline|'unsafe-eval'|\*/);
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['referrer-policy']).toBe('no-referrer');
    expect(headers['cross-origin-opener-policy']).toBe('same-origin');
    expect(headers['cross-origin-embedder-policy']).toBe('require-corp');
    expect(headers['cross-origin-resource-policy']).toBe('same-origin');
    expect(headers['permissions-policy']).toContain('camera=()');
    expect(headers['cache-control']).toBe('no-store');
  });
}

test('no nonce is given twice', async ({ page }) => {
  const nonces = [];
  for (let time = 0; time < 2; time++) nonces.push((await page.goto('/rules'))!.headers()['content-security-policy'].match(/nonce-[^']+/)![0]);
  expect(nonces[0]).not.toBe(nonces[1]);
});
