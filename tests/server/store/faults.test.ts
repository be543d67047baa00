// What errors mean: a table from what Prisma, pg and the file system say to the codes that callers are told.
import { describe, expect, test } from 'vitest';
import { DatabaseFault, DatabaseUnavailable } from '../../../server/store/errors.ts';
import { isAmbiguous, isConflict, isUnavailable, named, namedEmbedded } from '../../../server/store/faults.ts';

const because = (code: string, message = 'as injected') => Object.assign(new Error(message), { code });
const fromPg = (code: string, message = 'as injected') => Object.assign(because(code, message), { severity: 'ERROR' });
/** As Prisma wraps a server's error: from model calls, from raw ones, and from COMMIT. */
const wrapped = (code: string, message = 'as injected') =>
  Object.assign(new Error(message), {
    name: 'DriverAdapterError',
    cause: { kind: 'postgres', code, originalCode: code, message },
  });
const raw = (code: string) => Object.assign(because('P2010'), { meta: { driverAdapterError: wrapped(code) } });
const shapes = [fromPg, wrapped, raw] as const;

const codeOf = (error: unknown) => (error instanceof DatabaseFault ? error.code : undefined);

const states: readonly [code: string, meaning: string, states: readonly string[]][] = [
  [
    'DATABASE_UNAVAILABLE',
    'lost, ended, starting, full of connections, or a node that is gone',
    ['XXUUU', '58C01', '57P01', '57P02', '57P03', '57P05', '08000', '08003', '08006', '53300', '25P03', '25P04'],
  ],
  ['DATABASE_UNAVAILABLE', 'closed to labd', ['28P01', '28000', '3D000']],
  ['DISK_FULL', 'without room', ['53100']],
  ['DATABASE_READ_ONLY', 'a standby', ['25006']],
  ['DATABASE_OUT_OF_MEMORY', 'without memory', ['53200', '53000', '53400']],
  ['TOO_MUCH_AT_ONCE', 'too many parameters, or too deep', ['08P01', '54000', '54001', '54023']],
  ['DATABASE_DAMAGED', 'rotten', ['XX001', 'XX002', '58030']],
  ['TIMEOUT', 'stopped', ['57014']],
];

describe('a server that says', () => {
  test.each(states.flatMap(([code, meaning, all]) => all.map((state) => [state, meaning, code] as const)))(
    '%s (%s) means %s, however it is wrapped',
    (state, _meaning, code) => {
      for (const shape of shapes) expect(codeOf(named(shape(state)))).toBe(code);
    },
  );

  test.each(['23505', '22P02', '42P01', 'XX000', '40001'])('%s means none of them', (state) => {
    for (const shape of shapes) expect(codeOf(named(shape(state)))).toBeUndefined();
  });
});

const others: readonly [code: string, error: Error][] = [
  ['DATABASE_UNAVAILABLE', because('ECONNRESET')],
  ['DATABASE_UNAVAILABLE', because('P2028', 'Transaction API error: Unable to start a transaction in the given time.')],
  ['DATABASE_UNAVAILABLE', because('P2028', 'A commit cannot be executed on an expired transaction.')],
  ['DATABASE_UNAVAILABLE', because('P1000', 'Authentication failed against the database server')],
  ['DATABASE_UNAVAILABLE', because('CERT_HAS_EXPIRED', 'certificate has expired')],
  ['DATABASE_UNAVAILABLE', because('DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed certificate')],
  ['DATABASE_UNAVAILABLE', because('ENETDOWN', 'read ENETDOWN')],
  ['DATABASE_UNAVAILABLE', new Error('Connection terminated unexpectedly')],
  ['DATABASE_UNAVAILABLE', new Error('timeout exceeded when trying to connect')],
  ['TOO_MUCH_AT_ONCE', because('P2029')],
  ['DISK_FULL', because('ENOSPC', 'ENOSPC: no space left on device, write')],
  ['DISK_FULL', because('EDQUOT')],
  ['DISK_FULL', fromPg('XX000', 'could not write to file "pg_wal/xlogtemp.1": No space left on device')],
  ['DISK_FULL', fromPg('XX000', 'could not extend file "base/5/16384": Quota exceeded')],
  ['DATABASE_DAMAGED', because('EIO', 'EIO: i/o error, read')],
  ['DATABASE_DAMAGED', fromPg('XX000', 'could not read file "base/5/16384": I/O error')],
  ['DATABASE_READ_ONLY', because('EROFS', "EROFS: read-only file system, open 'x'")],
  ['DATABASE_DAMAGED', fromPg('XX000', 'invalid page in block 3 of relation base/5/16384')],
];

test.each(others)('%s is what %o means', (code, error) => {
  expect(codeOf(named(error))).toBe(code);
  expect(codeOf(named(new Error('around it', { cause: error })))).toBe(code);
});

test('a database that lets labd in no more is told from one that is away', () => {
  for (const shape of shapes)
    expect((named(shape('28P01')) as Error).message).toMatch(/does not let labd in: .*password/);
  expect((named(because('ECONNREFUSED')) as Error).message).toBe('The database cannot be reached');
});

test('what was named stays as it is', () => {
  const fault = named(because('ECONNRESET'));
  expect(named(fault)).toBe(fault);
  expect(isUnavailable(new Error('around it', { cause: fault }))).toBe(true);
});

test('a transaction that gets no turn is lost on a server, and waits for others in the embedded engine', () => {
  const late = because('P2028', 'Transaction API error: Unable to start a transaction in the given time.');
  expect(named(late)).toBeInstanceOf(DatabaseUnavailable);
  expect(codeOf(namedEmbedded(late))).toBe('DATABASE_BUSY');
  expect(codeOf(namedEmbedded(because('ECONNRESET')))).toBe('DATABASE_UNAVAILABLE');
});

describe('words that a caller wrote mean nothing', () => {
  const words = [
    'no space left on device',
    'read-only file system',
    'invalid page in block 7',
    'Connection terminated',
    'out of memory',
    'restart transaction',
  ];
  test.each(words)('%s in a value that the database refuses', (text) => {
    for (const shape of [fromPg, wrapped]) {
      const error = shape('22P02', `invalid input syntax for type uuid: "${text}"`);
      expect(named(error)).toBe(error);
      expect(isConflict(error)).toBe(false);
    }
  });

  test.each(words)('%s in a mistake of theirs', (text) => {
    const mistake = Object.assign(new Error(text), { name: 'InvalidInput' });
    expect(named(mistake)).toBe(mistake);
    expect(isConflict(mistake)).toBe(false);
  });
});

test.each(['40003', 'XXUUU', '58C01', '08006', '57P01'])('at COMMIT, %s leaves open whether it happened', (state) => {
  for (const shape of shapes) expect(isAmbiguous(shape(state))).toBe(true);
});

test('every fault says what to do, without a path or an address', () => {
  for (const [, , all] of states)
    for (const state of all) {
      const { message, remedy } = named(fromPg(state)) as DatabaseFault;
      expect(remedy).not.toBe('');
      expect(message + remedy).not.toMatch(/\/\w+\/|\d+\.\d+\.\d+\.\d+/);
    }
});
