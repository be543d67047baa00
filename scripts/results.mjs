// Counts what a vitest run found, from its JSON report.

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/**
 * Counts tests. A file that could not be loaded counts as one failure; so does a run that ended badly, or found
 * nothing to run, without naming a failed test.
 * @param {{ numPassedTests: number, numFailedTests: number, numPendingTests: number, numTodoTests: number, testResults: { status: string, assertionResults: unknown[] }[] } | null} report
 *   null when the run wrote none.
 * @param {number | null} exitCode
 * @returns {Counts}
 */
export function countResults(report, exitCode) {
  if (report === null) return { passed: 0, failed: 1, skipped: 0 };
  const unloaded = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
  const passed = report.numPassedTests;
  const skipped = report.numPendingTests + report.numTodoTests;
  const failed = report.numFailedTests + unloaded.length;
  const unexplained = failed === 0 && (exitCode !== 0 || passed === 0);
  return { passed, failed: unexplained ? 1 : failed, skipped };
}

/** The closing line of a run. */
export function closingLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
