// Plans for the tests: recorded ones, and pasting them.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Page } from './page';

/** The text of a recorded plan. */
export const fixture = (name: string) => readFileSync(resolve(__dirname, '../../app/plan/fixtures', name), 'utf8');

/** Pastes as Ctrl-V does. */
export const paste = (page: Page, text: string) =>
  page.evaluate((text) => {
    const data = new DataTransfer();
    data.setData('text/plain', text);
    document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
  }, text);
