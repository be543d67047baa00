// What a run of tests is said to have found.
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

const { countResults, closingLine } = (await import(pathToFileURL(resolve('scripts/results.mjs')).href)) as {
  countResults(report: object | null, exitCode: number | null): Counts;
  closingLine(counts: Counts): string;
};

const report = { numPassedTests: 3, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults: [] };

describe('the closing line of a test run', () => {
  test('counts what passed and what failed', () => {
    expect(closingLine(countResults(report, 0))).toBe('3 passed, 0 failed');
    expect(closingLine(countResults({ ...report, numFailedTests: 2 }, 1))).toBe('3 passed, 2 failed');
  });

  test('counts a file that could not be loaded as a failure', () => {
    const testResults = [{ status: 'failed', assertionResults: [] }];
    expect(closingLine(countResults({ ...report, testResults }, 1))).toBe('3 passed, 1 failed');
  });

  test('counts a run that ended badly without naming a test as a failure', () => {
    expect(countResults(report, 1).failed).toBe(1);
    expect(countResults(report, null).failed).toBe(1);
  });

  test('counts a run that found nothing, or wrote no report, as a failure', () => {
    expect(countResults({ ...report, numPassedTests: 0 }, 0).failed).toBe(1);
    expect(countResults(null, 0).failed).toBe(1);
  });

  test('does not hide what was skipped', () => {
    expect(closingLine(countResults({ ...report, numPendingTests: 1 }, 0))).toBe('3 passed, 0 failed, 1 skipped');
  });
});
