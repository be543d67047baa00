// One normal form of MAC addresses, from any spelling.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  isMadeUp,
  isWrittenAsMac,
  macDigits,
  normaliseHardwareAddress,
  normaliseMac,
  parseHardwareAddress,
} from '../../common/mac.ts';

describe('a MAC address', () => {
  test.each(['38:05:25:33:e2:e4', '38-05-25-33-E2-E4', '3805.2533.e2e4', '38052533E2E4', ' 38:05:25:33:E2:e4\n'])(
    'has one form: %s',
    (spelling) => {
      expect(normaliseMac(spelling)).toBe('38:05:25:33:e2:e4');
    },
  );

  test.each([
    '',
    '38:05:25:33:e2',
    '38:05-25:33:e2:e4',
    '38:05:25:33:e2:e4:00',
    'g8:05:25:33:e2:e4',
    '3805:2533:e2e4',
    '380525.33e2e4',
  ])('is not "%s"', (text) => {
    expect(normaliseMac(text)).toBeNull();
  });

  test.each(['00:00:00:00:00:00', 'ff:ff:ff:ff:ff:ff', '01:00:5e:7f:ff:fa', '33:33:00:00:00:01'])(
    'of no interface is refused: %s',
    (text) => {
      expect(normaliseMac(text)).toBeNull();
    },
  );

  test('that is normal stays as it is', () => {
    const bytes = fc.uint8Array({ minLength: 6, maxLength: 6 }).map((six) => Buffer.from(six).toString('hex'));
    fc.assert(
      fc.property(bytes, (digits) => {
        fc.pre((Number.parseInt(digits.slice(0, 2), 16) & 1) === 0 && !/^0+$/.test(digits));
        const once = normaliseMac(digits.toUpperCase())!;
        return normaliseMac(once) === once && macDigits(once) === digits;
      }),
    );
  });

  test.each([
    ['00:00:00:00:00:00', 'is all zeros'],
    ['FF-FF-FF-FF-FF-FF', 'is the broadcast address'],
    ['01:00:5e:00:00:01', 'is a multicast address'],
    ['38:05-25:33:e2:e4', 'is not a MAC address'],
    ['38:05:25:33:e2', 'is not a MAC address'],
    ['', 'is not a MAC address'],
  ])('%j %s', (text, problem) => {
    expect(parseHardwareAddress(text)).toEqual({ problem });
  });

  test('is known by its spelling alone, as people type it', () => {
    const texts = ['38:05:25:33:e2:e4', '38052533E2E4', '01:00:5e:00:00:01', 'm-38052533e2e4', ' 38052533e2e4'];
    expect(texts.map(isWrittenAsMac)).toEqual([true, true, true, false, false]);
  });

  test.each([
    [
      '00:11:22:ff:fe:33:44:55',
      '00-11-22-FF-FE-33-44-55',
      '001122fffe334455',
      '0011.22ff.fe33.4455',
      '0011:22ff:fe33:4455',
    ],
    [
      '81:00:05:5b:fe:80:00:00:00:00:00:00:f4:52:14:03:00:7b:cb:a1',
      '8100055BFE80000000000000F4521403007BCBA1',
      '8100:055b:fe80:0000:0000:0000:f452:1403:007b:cba1',
    ],
  ])('may be long: %s', (normal, ...spellings) => {
    for (const one of [normal, ...spellings]) expect(normaliseHardwareAddress(one)).toBe(normal);
    // Where an address of Ethernet is asked for, it is none.
    expect(normaliseMac(normal)).toBeNull();
    expect(isMadeUp(normal)).toBe(false);
    // Digits alone may be a name.
    expect([normal, macDigits(normal)].map(isWrittenAsMac)).toEqual([true, false]);
  });

  test.each(['01:11:22:ff:fe:33:44:55', '00'.repeat(20), 'ff'.repeat(8), '00:11:22:33:44:55:66', '00'.repeat(19)])(
    'that is long is not %s',
    (text) => {
      expect(normaliseHardwareAddress(text)).toBeNull();
    },
  );

  test('that software made up is told apart from QEMU’s', () => {
    expect(['02:42:ac:11:00:01', '52:54:00:12:34:56', '38:05:25:33:e2:e4'].map(isMadeUp)).toEqual([true, false, false]);
  });
});
