// Whatever is queried by whoever sees a little, nothing of what is hidden is answered: of every root field, with all that
// can be selected below it, now and at earlier revisions, by every way to name what is seen and what is hidden.
import { getNamedType } from 'graphql';
import { expect, test } from 'vitest';
import { schema } from '../../../schema/index.ts';
import { askAll, type Asked, rootsOf } from './ask.ts';
import { everythingBelow, type Field } from './everything.ts';
import { markedColumns } from './marks.ts';
import { openNarrow } from './narrow.ts';
import { by, type Reference, references } from './references.ts';

/** Where the administrator finds no mark either, and why. */
const WITHOUT = {
  about: 'It is about labd itself.',
  authority: 'It is about labd itself.',
  signInMethods: 'It is about labd itself.',
  revisionAt: 'A revision is a number, the same for everybody.',
  timeOf: 'When a revision was made is the same for everybody.',
  bastionSite: 'It is for the bastion that it is about, and for nobody else.',
  verifyAudit: 'It counts changes, and names none.',
};

/** The arguments to ask a field with: its sample, and every way to name an object where it takes one. */
function argumentsOf(field: Field, sample: string, named: readonly Reference[]): string[] {
  const type = getNamedType(field.args.find(({ name }) => name === 'by')?.type);
  const ways = type === undefined ? [] : named.filter(({ kind }) => `${kind}By` === type.name);
  return [...new Set([sample, ...ways.map((one) => `(by: ${by(one)})`)])];
}

/** Arguments with one more. */
const withAlso = (given: string, also: string): string =>
  given === '' ? `(${also})` : `${given.slice(0, -1)}, ${also})`;

test('no query tells of what is hidden, now or at an earlier revision', { timeout: 600_000 }, async () => {
  const narrow = await openNarrow();
  const { graph, door, unmoved } = narrow;
  const { rev } = await graph.db.prisma.head.findFirstOrThrow();
  const named = await references(narrow);
  const everyId = named.filter(({ way }) => way === 'id').map(({ value }) => value);
  const more: Record<string, string[]> = {
    nodes: [`(ids: [${everyId.map((id) => `"${id}"`).join(', ')}])`],
    canI: [
      ...named.filter(({ way }) => way === 'name').map((one) => `kind: ${one.kind}, name: "${one.value}"`),
      ...named.filter(({ kind }) => kind === 'User').map((one) => `kind: Server, as: ${by(one)}`),
    ].map((one) => `(action: READ, ${one})`),
  };
  const documents = rootsOf(schema.getQueryType()).flatMap((field): Asked[] => {
    const below = everythingBelow(field, 2);
    const given = [...argumentsOf(field, door.query(field.name), named), ...(more[field.name] ?? [])];
    const past = field.args.some(({ name }) => name === 'at') ? [rev, unmoved] : [];
    // One way to name an object leads to it as another does, whenever that was.
    const then = given.filter((one) => !/\{ (name|mac):/.test(one));
    const all = [...given, ...then.flatMap((one) => past.map((at) => withAlso(one, `at: "rev:${at}"`)))];
    return all.map((args) => ({ field: field.name, document: `{ answer: ${field.name}${args}${below} }` }));
  });
  const findings = await askAll(narrow, documents);
  findings.expectHidden(WITHOUT);
  // Columns that nobody is answered, the administrator neither: what is secret, or labd's own.
  const silent = markedColumns.filter((column) => !findings.columns.has(column));
  await expect(`${silent.join('\n')}\n`).toMatchFileSnapshot('../golden/silent-columns.txt');
});
