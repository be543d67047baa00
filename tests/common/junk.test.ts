// Values that identify no machine.
import { expect, test } from 'vitest';
import { turnedUuid, usableUuid } from '../../common/junk.ts';

const SHARED = ['00112233-4455-6677-8899-aabbccddeeff', '12345678-1234-1234-1234-123456789abc'];

test.each(SHARED)('the UUID %s of many is none, in whichever order its bytes are read', (uuid) => {
  expect(usableUuid(uuid)).toBeUndefined();
  expect(usableUuid(turnedUuid(uuid))).toBeUndefined();
});

test('a UUID of one machine is one, in either order', () => {
  const uuid = '4c4c4544-0035-4d10-8056-b4c04f4a3933';
  expect(usableUuid(uuid.toUpperCase())).toBe(uuid);
  expect(usableUuid(turnedUuid(uuid))).toBe('44454c4c-3500-104d-8056-b4c04f4a3933');
});
