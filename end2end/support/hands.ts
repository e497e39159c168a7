// A person's keys, clicks and taps, counted.
import type { Locator } from '@playwright/test';
import { expect, test, type Page } from './page';
import { paste } from './plan';

/** Counts what a person does. */
export class Hands {
  steps: string[] = [];
  constructor(readonly page: Page, readonly phone: boolean) {}

  async press(key: string) {
    this.steps.push(key);
    await this.page.keyboard.press(key);
  }

  async click(what: Locator, name: string) {
    this.steps.push(name);
    if (this.phone) await what.tap();
    else await what.click();
  }

  async paste(text: string) {
    this.steps.push('paste');
    await paste(this.page, text);
  }

  /** Goes to a page as one does: by keys, or by the menu at the bottom of a phone. */
  async go(keys: string, group: string, label: string) {
    if (!this.phone) {
      for (const key of keys) await this.press(key);
      return;
    }
    const bar = this.page.locator('nav.tabbar');
    await this.click(bar.locator('summary', { hasText: group }), group);
    await this.click(bar.getByRole('link', { name: new RegExp(`^${label}`) }), label);
  }

  took(most: number) {
    test.info().annotations.push({ type: 'steps', description: `${this.steps.length}: ${this.steps.join(', ')}` });
    console.log(`${test.info().title}: ${this.steps.length} steps: ${this.steps.join(', ')}`);
    expect(this.steps.length, this.steps.join(', ')).toBeLessThanOrEqual(most);
  }
}
