// What is a moment, and what only looks like one.
import { expect, test } from 'vitest';
import { hasFourDigitYear, parseMoment } from '../../common/moment.ts';

test.each<[text: string, moment: string, day: boolean]>([
  ['2026-01-31T12:00:00Z', '2026-01-31T12:00:00.000Z', false],
  ['2026-01-31t12:00:00z', '2026-01-31T12:00:00.000Z', false],
  ['2026-01-31 12:00:00+00:00', '2026-01-31T12:00:00.000Z', false],
  ['2026-01-31T12:00:00.25-05:30', '2026-01-31T17:30:00.250Z', false],
  ['2024-02-29T23:59:59.999+14:00', '2024-02-29T09:59:59.999Z', false],
  ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z', false],
  ['2026-11-27', '2026-11-27T00:00:00.000Z', true],
  ['2024-02-29', '2024-02-29T00:00:00.000Z', true],
])('%s is %s', (text, moment, day) => {
  expect(parseMoment(text)).toEqual({ at: Date.parse(moment), day });
});

test.each<[text: string, milliseconds: number]>([
  ['0s', 0],
  ['45s', 45_000],
  ['90m', 5_400_000],
  ['2h', 7_200_000],
  ['7d', 604_800_000],
])('%s is how long ago', (text, ago) => expect(parseMoment(text)).toEqual({ ago }));

test.each<[text: string, problem: RegExp]>([
  ['2026-11-27T12:00:00', /no offset/],
  ['2026-11-27 12:00:00', /no offset/],
  ['2026-11-27T12:00Z', /no seconds/],
  ['2026-02-30', /that there is not/],
  ['2026-02-29', /that there is not/],
  ['2026-02-30T00:00:00Z', /that there is not/],
  ['2026-13-01', /that there is not/],
  ['2026-11-27T24:00:00Z', /that there is not/],
  ['2026-11-27T23:59:60Z', /that there is not/],
  ['2026-11-27T12:00:00+24:00', /that there is not/],
  ['2026-11-27T12:00:00+01:60', /that there is not/],
  ['0000-01-01', /years 1 to 9999/],
  ['9999-12-31T23:59:59-01:00', /years 1 to 9999/],
  ...[
    'Nov 27',
    '27.11.2026',
    '11/27/2026',
    '2026-11',
    '2026',
    '1',
    '1764547200',
    'yesterday',
    '',
    ' 2026-11-27',
    '2026-W48-5',
  ]
    .concat(['2026-11-27T12:00:00+0100', '2h ago', '-2h', '1.5h', '2w', '+200000-01-01T00:00:00Z', '20261127T120000Z'])
    .map((text): [string, RegExp] => [text, /^is no moment$/]),
])('"%s" is none', (text, problem) => expect(parseMoment(text)).toEqual({ problem: expect.stringMatching(problem) }));

test('a year of other than four digits is not what databases write', () => {
  expect(['0001-01-01T00:00:00Z', '9999-12-31T23:59:59.999Z'].map((at) => hasFourDigitYear(Date.parse(at)))).toEqual([
    true,
    true,
  ]);
  expect([Date.parse('0000-12-31T00:00:00Z'), Number.NaN, 8.64e15].map(hasFourDigitYear)).toEqual([
    false,
    false,
    false,
  ]);
});
