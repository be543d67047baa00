// Cursors and rows are written in one way only.
import { describe, expect, it } from 'vitest';
import { formatCursor, parseCursor } from '../../../server/store/cursor.ts';
import { Prisma } from '../../../server/store/generated/client.ts';
import { toRow } from '../../../server/store/row.ts';

const LOG = '0192f000-0000-7000-8000-000000000001';

describe('a cursor', () => {
  it('is read as it is written', () => {
    expect(parseCursor(formatCursor({ logId: LOG, rev: 42n }))).toEqual({ logId: LOG, rev: 42n });
  });

  it.each([
    ['rev:7', { logId: null, rev: 7n }],
    ['REV:7', { logId: null, rev: 7n }],
    [`${LOG.toUpperCase()}.0`, { logId: LOG, rev: 0n }],
    ['', null],
    ['7', null],
    ['rev:-1', null],
    ['rev:99999999999999999999', null],
    [`${LOG}.`, null],
    [`${LOG}.1 `, null],
    ['log.1', null],
  ])('%s', (text, cursor) => {
    expect(parseCursor(text)).toEqual(cursor);
  });
});

describe('a row in the log', () => {
  it('has one JSON for each value', () => {
    const row = {
      id: 'x',
      version: 2n ** 60n,
      at: new Date(Date.UTC(2026, 0, 2, 3, 4, 5, 6)),
      size: new Prisma.Decimal('1.50'),
      labels: { a: 'b', n: [1n, null] },
      gone: null,
      left: undefined,
      nan: NaN,
      bytes: Buffer.from('hi'),
    };
    expect(toRow(row)).toEqual({
      id: 'x',
      version: '1152921504606846976',
      at: '2026-01-02T03:04:05.006Z',
      size: '1.5',
      labels: { a: 'b', n: ['1', null] },
      gone: null,
      nan: null,
      bytes: 'aGk=',
    });
  });

  it('has no secrets, be they named for all kinds or for one', () => {
    expect(toRow({ name: 'a', passwordHash: 'x', tokenHash: 'y', secretHash: 'z', pin: 1 }, ['pin'])).toEqual({
      name: 'a',
    });
  });
});
