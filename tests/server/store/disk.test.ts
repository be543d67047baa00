// What a disk says of itself, by a code or in the words of the engine, has a remedy that names the directory.
import { expect, test } from 'vitest';
import { withDiskRemedy } from '../../../server/store/embedded/disk.ts';
import { EmbeddedUnavailable } from '../../../server/store/embedded/errors.ts';

const coded = (code: string) => Object.assign(new Error(`${code}: as injected`), { code });

test.each([
  ['ENOSPC', coded('ENOSPC'), 'is full: free room there'],
  [
    'ENOSPC of the engine',
    new Error('could not extend file "base/5/1": No space left on device'),
    'is full: free room',
  ],
  ['EDQUOT', coded('EDQUOT'), 'has no room left for this user: free room there'],
  [
    'EDQUOT of the engine',
    new Error('could not write to file "pg_wal/x": Quota exceeded'),
    'no room left for this user',
  ],
  ['EDQUOT of the system', new Error('write: Disk quota exceeded'), 'has no room left for this user'],
  ['EROFS', coded('EROFS'), 'can only be read: mount it for writing'],
  ['EROFS of the engine', new Error('could not open file "x": Read-only file system'), 'can only be read'],
  ['EIO', coded('EIO'), 'fails: its kernel log says more'],
  ['EIO of the engine', new Error('could not read file "base/5/1": I/O error'), 'fails: its kernel log says more'],
  ['EIO of the system', new Error('read: Input/output error'), 'fails: its kernel log says more'],
  ['one below another', new Error('no snapshot', { cause: coded('EIO') }), 'fails: its kernel log says more'],
])('%s', (_name, error, remedy) => {
  const told = withDiskRemedy(error, '/data/lab') as Error;
  expect(told).toBeInstanceOf(EmbeddedUnavailable);
  expect(told.message).toContain(remedy);
  expect(told.message).toContain('/data/lab');
  expect(told.cause).toBe(error);
});

test('what says nothing of the disk stays as it is', () => {
  const error = new Error('invalid page in block 3');
  expect(withDiskRemedy(error, '/data/lab')).toBe(error);
});
