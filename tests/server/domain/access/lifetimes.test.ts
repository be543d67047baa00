// The table of what each credential may make, and for how long: golden/credentials.txt is how people read it.
import { expect, test } from 'vitest';
import { credentials, type Life, lifetimeOf, lives, products } from '../../../../server/domain/access/lifetimes.ts';
import type { CredentialKind, Maker } from '../../../../server/domain/maker.ts';

const DAY = 24 * 3_600_000;
const now = Date.parse('2026-11-29T12:00:00Z');

const spelt = (ms: number): string =>
  ms % DAY === 0 ? `${ms / DAY} d` : ms % 3_600_000 === 0 ? `${ms / 3_600_000} h` : `${ms / 60_000} min`;
const span = ({ usual, most }: { usual: number | null; most: number | null }): string =>
  usual === null || most === null
    ? ''
    : usual === most
      ? ` (${spelt(usual)})`
      : ` (${spelt(usual)}, ${spelt(most)} at most)`;
const words: Readonly<Record<Life, string>> = { never: '–', within: 'within', 'passed on': 'passed on', own: 'own' };

test('the table is as people have agreed on it', async () => {
  const kinds = Object.keys(credentials) as CredentialKind[];
  const rows = Object.entries(products).map(([product, entry]) => [
    `${entry.is}${span(entry)}`,
    ...kinds.map((kind) => words[lives[kind][product as keyof typeof products]]),
  ]);
  const table = [['', ...kinds], ...rows];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  const lines = table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
  const legend = kinds.map((kind) => `${kind}: ${credentials[kind]}.`);
  const said = [
    'What each credential makes, and how long that lasts.',
    [
      'within: it ends with the credential, by time and by revocation. passed on: it takes the place of the credential,',
      'and ends with what that was made with. own: it has a life of its own. –: it cannot be made.',
    ].join('\n'),
    lines.join('\n'),
    legend.join('\n'),
  ];
  await expect(`${said.join('\n\n')}\n`).toMatchFileSnapshot('../golden/credentials.txt');
});

test('only what people decide about others, and what they have proved in person, stays', () => {
  const stays = Object.entries(lives).flatMap(([kind, made]) =>
    Object.entries(made).flatMap(([product, life]) => (life === 'own' ? [`${kind} ${product}`] : [])),
  );
  const handedOver = stays.filter((one) => /^(?:endingToken|linkedSession|link) /.test(one));
  expect(handedOver.map((one) => one.split(' ')[1])).toEqual(
    expect.arrayContaining(['user', 'grant', 'changedPassword']) as string[],
  );
  expect(new Set(handedOver.map((one) => one.split(' ')[1])).size).toBe(3);
});

const token = (more: Partial<Maker> = {}): Maker => ({
  kind: 'endingToken',
  credential: 'Token:1',
  expiresAt: new Date(now + 3_600_000),
  madeWith: null,
  depth: 0,
  ...more,
});

test.each([
  ['an hour asked of an hour', 3_600_000, 3_600_000],
  ['nothing asked: as long as is usual, and no longer than the hour', undefined, 3_600_000],
  ['a minute asked', 60_000, 60_000],
])('what a token of an hour makes: %s', (_name, wanted, lasts) => {
  expect(lifetimeOf(token(), 'token', { now, wanted, field: 'input.ttl' })).toEqual({
    expiresAt: new Date(now + lasts),
    madeWith: 'Token:1',
  });
});

test('more than that is refused, with the field, the end, and what to ask for', () => {
  expect(() => lifetimeOf(token(), 'token', { now, wanted: 3_600_001, field: 'input.ttl' })).toThrow(
    expect.objectContaining({
      name: 'InvalidInput',
      field: 'input.ttl',
      message: 'The API token would outlive what you make it with, which ends at 2026-11-29T13:00:00.000Z.',
      remedy: 'Ask for 60m at most, or sign in first: lab login.',
    }) as Error,
  );
});

test('a line of credentials has an end', () => {
  expect(() => lifetimeOf(token({ depth: 8 }), 'token', { now, field: 'input.ttl' })).toThrow('hangs on 8 others');
});
