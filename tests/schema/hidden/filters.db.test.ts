// A filter by what is hidden answers whoever sees a little as one by what is not there: every filter of every list, at the
// root and below other objects, by every text and id that hidden objects have. No order shows more than the list does.
import { getNamedType, type GraphQLInputObjectType, isEnumType, isInputObjectType, isObjectType } from 'graphql';
import { expect, test } from 'vitest';
import { catalog, type KindName, kinds } from '../../../schema/catalog.ts';
import { schema } from '../../../schema/index.ts';
import { askAll, type Asked, rootsOf } from './ask.ts';
import { type Field, fieldsOf } from './everything.ts';
import { ADMINISTRATOR, expectAnswered, openNarrow, type Narrow, said } from './narrow.ts';

type Row = Record<string, unknown> & { id: string };

/** The type of one of a field's arguments, when it is an input of its own. */
function inputOf(field: Field, argument: string): GraphQLInputObjectType | undefined {
  const type = getNamedType(field.args.find(({ name }) => name === argument)?.type);
  return isInputObjectType(type) ? type : undefined;
}

/** A hidden row of what a filter is for: a kind, or the change log. */
async function hiddenRow({ graph, ids }: Narrow, filter: string): Promise<Row> {
  const { prisma } = graph.db;
  const kind = filter.replace(/Filter$/, '');
  if (!Object.hasOwn(catalog, kind)) {
    const changes = await prisma.change.findMany({ where: { outcome: 'DONE' }, orderBy: { rev: 'asc' } });
    const change = changes.find(({ objectId }) => ids.has(objectId))!;
    return { ...change, id: change.objectId, object: `${change.kind}:${change.objectId}` };
  }
  const table = (prisma as unknown as Record<string, { findMany(query: object): Promise<Row[]> }>)[
    kind.charAt(0).toLowerCase() + kind.slice(1)
  ]!;
  const rows = await table.findMany({ orderBy: { id: 'asc' } });
  return rows.find(({ id }) => ids.has(id))!;
}

/** The id of nothing. */
const NOBODY = '00000000-0000-4000-8000-000000000000';

/** Something else of the same form. */
const another = (value: string): string => value.replace(/[0-9a-f]{6}(?=(:[^:]*)?[^0-9a-f]*$)/i, 'ffffff');

/** The filters of one field, each as a pair of operands: of what is hidden, and of what is not there. */
async function pairsOf(narrow: Narrow, filter: GraphQLInputObjectType): Promise<[string, string][]> {
  const row = await hiddenRow(narrow, filter.name);
  const own = filter.name.replace(/Filter$/, '') as KindName;
  const forms = (name: string, hidden: string, other: string, operators: readonly string[]): [string, string][] =>
    operators.flatMap((operator) => {
      const operand = (value: string) =>
        `{ ${name}: { ${operator}: ${operator === 'in' ? `["${value}"]` : `"${value}"`} } }`;
      const pair: [string, string] = [operand(hidden), operand(other)];
      return [pair, pair.map((one) => `{ not: ${one} }`) as [string, string]];
    });
  return Object.values(filter.getFields()).flatMap(({ name, type }): [string, string][] => {
    const input = String(type);
    if (input === 'IdFilter') {
      const kind = name === 'id' ? own : kinds.find(({ field }) => field === name)!.type;
      const [id] = [...narrow.ids].find(([, model]) => model === kind)!;
      const ids = kind === own ? [row.id] : [String(row[`${name}Id`] ?? id), id];
      return ids.flatMap((one) => forms(name, one, NOBODY, ['eq', 'ne', 'in']));
    }
    const value = row[name];
    if (input === 'StringFilter' && typeof value === 'string')
      return forms(name, value, another(value), ['eq', 'ne', 'in', 'startsWith', 'contains']);
    if (input === 'ID') return [[`{ ${name}: "${String(value)}" }`, `{ ${name}: "${NOBODY}" }`]];
    if (input !== 'String') return [];
    if (name === 'search')
      return ['name', 'mac', 'serial', 'ip', 'email'].flatMap((column) => {
        const text = row[column];
        return typeof text === 'string' ? [[`{ search: "${text}" }`, `{ search: "${another(text)}" }`]] : [];
      });
    // A label selector.
    const { mark } = row['labels'] as { mark: string };
    return [
      [`{ ${name}: "mark=${mark}" }`, `{ ${name}: "mark=${another(mark)}" }`],
      [`{ ${name}: "mark!=${mark}" }`, `{ ${name}: "mark!=${another(mark)}" }`],
    ];
  });
}

/** How many lists one document asks for: each takes a connection to the database. */
const AT_ONCE = 10;

interface Filtered {
  readonly where: string;
  /** What is asked with arguments */
  readonly document: (args: readonly string[]) => string;
  readonly field: Field;
}

/** Every field that takes a filter: at the root, and below the objects of each list. */
function filtered(): Filtered[] {
  const lists = rootsOf(schema.getQueryType()).filter((field) => inputOf(field, 'filter'));
  return lists.flatMap((list) => {
    const selected = (field: Field, args: readonly string[]) =>
      args.map((one, n) => `a${n}: ${field.name}(${one}) { totalCount nodes { __typename } }`).join(' ');
    const kind = kinds.find(({ plural }) => plural === list.name);
    const type = kind && schema.getType(kind.type);
    const below = isObjectType(type) ? fieldsOf(type).filter((field) => inputOf(field, 'filter')) : [];
    return [
      { where: list.name, field: list, document: (args: readonly string[]) => `{ ${selected(list, args)} }` },
      ...below.map((field) => ({
        where: `${list.name}.${field.name}`,
        field,
        document: (args: readonly string[]) => `{ ${list.name} { nodes { ${selected(field, args)} } } }`,
      })),
    ];
  });
}

test('a filter by what is hidden answers as one by what is not there', { timeout: 300_000 }, async () => {
  const narrow = await openNarrow();
  const told: string[] = [];
  const untold: string[] = [];
  for (const { where, field, document } of filtered()) {
    const every = await pairsOf(narrow, inputOf(field, 'filter')!);
    // Below other objects the same filters are compiled another way, by what they lead to.
    const pairs = where.includes('.') ? every.filter(([, other]) => other.includes(NOBODY)) : every;
    let toAdministrator = false;
    for (let n = 0; n < pairs.length; n += AT_ONCE)
      for (const [who, caller] of Object.entries(narrow.callers)) {
        const some = pairs.slice(n, n + AT_ONCE);
        const ask = async (side: 0 | 1) => {
          const asked = document(some.map((pair) => `filter: ${pair[side]}`));
          const answer = await narrow.graph.ask(asked, { caller });
          expectAnswered(answer, asked);
          return said(answer);
        };
        if ((await ask(0)) === (await ask(1))) continue;
        if (who === ADMINISTRATOR) toAdministrator = true;
        else told.push(`${where} tells ${who} by one of ${some.map(([one]) => one).join(' ')}`);
      }
    if (pairs.length > 0 && !toAdministrator) untold.push(where);
  }
  expect(told).toEqual([]);
  expect(untold).toEqual([]);
});

test('no order tells of what is hidden', { timeout: 300_000 }, async () => {
  const narrow = await openNarrow();
  const lists = rootsOf(schema.getQueryType()).filter((field) => inputOf(field, 'orderBy'));
  const documents = lists.flatMap((list): Asked[] => {
    const type = getNamedType(inputOf(list, 'orderBy')!.getFields()['field']!.type);
    const orders = isEnumType(type) ? type.getValues().map(({ name }) => name) : [];
    const asked = orders.flatMap((order) =>
      ['ASC', 'DESC'].map(
        (direction) =>
          `${order}_${direction}: ${list.name}(orderBy: { field: ${order}, direction: ${direction} }) { totalCount edges { cursor node { id } } pageInfo { startCursor endCursor } }`,
      ),
    );
    return [{ field: list.name, document: `{ ${asked.join(' ')} }` }];
  });
  (await askAll(narrow, documents)).expectHidden({});
});
