// Reporter: repeats the failures at the very end of the output, a line or two each, where a log that keeps
// only its tail still shows them.
import type { FullResult, Reporter, TestCase, TestResult } from '@playwright/test/reporter';

const MOST_LINES = 12;

export default class Failures implements Reporter {
  private lines: string[] = [];

  onTestEnd(test: TestCase, result: TestResult) {
    if (result.status === 'passed' || result.status === 'skipped' || test.expectedStatus === result.status) return;
    const place = `${test.location.file.split('/').slice(-2).join('/')}:${test.location.line}`;
    for (const error of result.errors) {
      const text = (error.message ?? 'no message').replace(/\u001b\[[0-9;]*m/g, '');
      this.lines.push(`${place} ${test.title}: ${text.split('\n').filter(Boolean).slice(0, 6).join(' | ').slice(0, 600)}`);
    }
  }

  onEnd(_result: FullResult) {
    if (this.lines.length === 0) return;
    console.log(`\nWhat failed, in short:\n${this.lines.slice(0, MOST_LINES).join('\n')}`);
  }
}
