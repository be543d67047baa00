// What callers are told of a database that fails them: a code of its own, a remedy, and when to try again.
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { createPresenter } from '../../../server/pipeline/presentErrors.ts';

const state = (code: string) => Object.assign(new Error('at /var/lib/secret on 10.0.0.7'), { code, severity: 'ERROR' });

test.each([
  ['08006', 'DATABASE_UNAVAILABLE', 503, 1],
  ['XXUUU', 'DATABASE_UNAVAILABLE', 503, 1],
  ['53100', 'DISK_FULL', 507, 30],
  ['ENOSPC', 'DISK_FULL', 507, 30],
  ['25006', 'DATABASE_READ_ONLY', 503, 30],
  ['EROFS', 'DATABASE_READ_ONLY', 503, 30],
  ['53200', 'DATABASE_OUT_OF_MEMORY', 503, 5],
  ['P2029', 'TOO_MUCH_AT_ONCE', 413, undefined],
  ['XX001', 'DATABASE_DAMAGED', 500, undefined],
  ['57014', 'TIMEOUT', 504, undefined],
] as const)('%s is answered by %s with status %i', (cause, code, status, retryAfter) => {
  const lines: string[] = [];
  const present = createPresenter(pino({}, { write: (line: string) => void lines.push(line) }));
  const { message, extensions } = present(state(cause), 'r1');
  expect(extensions).toEqual({
    code,
    requestId: 'r1',
    ...(retryAfter === undefined ? {} : { retryAfter }),
    http: { status, ...(retryAfter === undefined ? {} : { headers: { 'retry-after': String(retryAfter) } }) },
  });
  expect(message).toMatch(/: \S/);
  expect(message).not.toMatch(/secret|10\.0\.0\.7/);
  // The log has it whole.
  expect(lines.join('')).toContain('/var/lib/secret');
});
