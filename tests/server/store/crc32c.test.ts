// The sum of a record of PostgreSQL's log, and whether one is a bit away from it.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { byteOffByABit, crc32c } from '../../../server/store/embedded/crc32c.ts';

test('is the one of the standard', () => {
  // RFC 3720, B.4
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe306_9283);
  expect(crc32c(Buffer.alloc(32))).toBe(0x8a91_36aa);
  expect(crc32c(Buffer.from('6789'), crc32c(Buffer.from('12345')))).toBe(0xe306_9283);
});

test('each bit that is turned is known for one, and no two are', () =>
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 2, maxLength: 300 }), fc.nat(), fc.nat(), (bytes, one, other) => {
      const sum = crc32c(bytes);
      const turned = Uint8Array.from(bytes);
      const turn = (bit: number) => (turned[bit >> 3]! ^= 1 << (bit & 7));
      const [first, second] = [one % (bytes.length * 8), other % (bytes.length * 8)];
      expect(byteOffByABit(bytes, sum)).toBeUndefined();
      turn(first);
      expect(byteOffByABit(turned, sum)).toBe(first >> 3);
      expect(byteOffByABit(bytes, (sum ^ (1 << (one % 32))) >>> 0)).toBe(bytes.length);
      if (first === second) return;
      turn(second);
      expect(byteOffByABit(turned, sum)).toBeUndefined();
    }),
  ));
