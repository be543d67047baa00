// Columns that text takes on a terminal: emoji, combining marks, signs of East Asia; cutting and breaking it.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { short } from '../../../cli/log/audit.ts';
import { plainTable } from '../../../cli/print/table.ts';
import { cut, pad, widthOf, wrap } from '../../../cli/terminal/width.ts';

const family = '\u{1f468}\u200d\u{1f469}\u200d\u{1f467}\u200d\u{1f466}';
const flag = '\u{1f1e9}\u{1f1ea}';
const heart = '\u2764';
const accented = 'e\u0301';

describe('the width of', () => {
  test.each([
    ['plain text', 'lab', 3],
    ['letters of Latin with their marks in one', 'Größe', 5],
    ['lines and dots', '├─ … │', 6],
    ['a letter with a combining mark', accented, 1],
    ['a letter with many', `a${'\u0300'.repeat(20)}`, 1],
    ['a mark alone', '\u0301', 0],
    ['a mark that stands beside its letter', '\u0928\u093f', 2],
    ['two letters joined to one sign', '\u0915\u094d\u0937', 2],
    ['a vowel that follows its letter', '\u0e19\u0e49\u0e33', 2],
    ['Chinese', '北京', 4],
    ['a Korean syllable in one', '한', 2],
    ['a Korean syllable in letters', '\u1112\u1161\u11ab', 2],
    ['Katakana of half the width, and its mark', '\uff76\uff9e', 2],
    ['Latin of the full width', 'ＡＢ', 4],
    ['an emoji', '\u{1f44d}', 2],
    ['an emoji with a colour of skin', '\u{1f44b}\u{1f3fd}', 2],
    ['a family, joined', family, 2],
    ['a flag', flag, 2],
    ['two flags', flag + flag, 4],
    ['a heart in text', heart, 1],
    ['a heart as text', `${heart}\ufe0e`, 1],
    ['a heart as an emoji', `${heart}\ufe0f`, 2],
    ['a heart on fire, joined without saying that it is an emoji', `${heart}\u200d\u{1f525}`, 2],
    ['a key', '1\ufe0f\u20e3', 2],
    ['nothing to see', '\u200b\u200d\ufeff', 0],
    ['a soft hyphen', '\u00ad', 1],
    ['the copyright sign', '©', 1],
  ])('%s', (_, text, columns) => expect(widthOf(text)).toBe(columns));

  test('a text is that of its signs together', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', accented, '北', family, flag, `${heart}\ufe0f`, ' ')), (signs) => {
        expect(widthOf(signs.join('|'))).toBe(
          signs.reduce((sum, sign) => sum + widthOf(sign), Math.max(0, signs.length - 1)),
        );
      }),
    );
  });
});

const signsOf = (text: string): string[] => Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment);

describe('text that is cut', () => {
  test.each([
    [`a${family}b`, 2, 'a'],
    [`a${family}b`, 3, `a${family}`],
    [`${accented}x`, 1, accented],
    [`${flag}${flag}`, 3, flag],
    [`\u001b[32m${family}${family}\u001b[0m`, 2, `\u001b[32m${family}\u001b[0m`],
    [`\u001b[32m北${accented}\u001b[0m`, 2, '\u001b[32m北\u001b[0m'],
  ])('%j to %d columns', (text, columns, kept) => expect(cut(text, columns)).toBe(kept));

  test('fits, begins as it did, and has no sign in part', () => {
    const text = fc.array(
      fc.oneof(
        fc.string({ unit: 'grapheme', maxLength: 3 }),
        fc.constantFrom(family, flag, accented, '北京', '\uff76\uff9e', '1\ufe0f\u20e3', '\u{1f44b}\u{1f3fd}'),
      ),
    );
    fc.assert(
      fc.property(text, fc.nat(30), (parts, columns) => {
        const whole = parts.join('');
        const kept = cut(whole, columns);
        expect(widthOf(kept)).toBeLessThanOrEqual(columns);
        expect(whole.startsWith(kept)).toBe(true);
        expect(signsOf(kept)).toEqual(signsOf(whole).slice(0, signsOf(kept).length));
      }),
    );
  });

  test('in a cell of the audit trail ends with what says so', () => {
    expect(short(family.repeat(30))).toBe(`${family.repeat(19)}…`);
    expect(short(family.repeat(20))).toBe(family.repeat(20));
    expect(short('x'.repeat(41))).toBe(`${'x'.repeat(39)}…`);
  });
});

describe('text in columns', () => {
  test('is padded by what it takes', () => {
    expect(pad(family, 4)).toBe(`${family}  `);
    expect(pad(accented, 2)).toBe(`${accented} `);
    expect(pad('北京', 3)).toBe('北京');
  });

  test('makes a table whose columns begin below each other', () => {
    const rows = ['北京', family, accented, 'lab'].map((name) => [name, '|']);
    const lines = plainTable(rows).trimEnd().split('\n');
    expect(lines.map((line) => widthOf(line))).toEqual([8, 8, 8, 8]);
  });

  test('is broken between words where the line is full', () => {
    expect(wrap('北京 北京 北京', 9)).toEqual(['北京 北京', '北京']);
    expect(wrap(`${accented} ${accented} ${accented}`, 3)).toEqual([`${accented} ${accented}`, accented]);
  });
});
