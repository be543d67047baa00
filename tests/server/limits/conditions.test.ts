// What an operation asks for by its arguments is counted as the types have it, with variables wherever they are used.
import { readdirSync, readFileSync } from 'node:fs';
import {
  concatAST,
  type DocumentNode,
  getIntrospectionQuery,
  getOperationAST,
  GraphQLInputObjectType,
  GraphQLInt,
  GraphQLList,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
  Kind,
  parse,
  validate,
} from 'graphql';
import { describe, expect, test } from 'vitest';
import { schema } from '../../../schema/index.ts';
import { Counting, type Count } from '../../../server/limits/count.ts';
import { LIMITS } from '../../../server/limits/limits.ts';
import { Selected } from '../../../server/limits/selected.ts';
import { calibrate } from '../../support/calibrate.ts';

function valid(query: string, graph: GraphQLSchema = schema) {
  const document = parse(query);
  expect(validate(graph, document)).toEqual([]);
  return document;
}

function counted(document: DocumentNode, variables: Record<string, unknown>, graph: GraphQLSchema = schema): Count {
  const selected = new Selected(graph, document, getOperationAST(document)!, variables);
  return new Counting(selected, new WeakMap(), 1_000_000).total();
}

const count = (query: string, variables: Record<string, unknown> = {}) => counted(valid(query), variables);
const conditions = (query: string, variables?: Record<string, unknown>) => count(query, variables).conditions;

const names = (n: number) => Array.from({ length: n }, (_, i) => ({ name: { eq: `s${i}` } }));
const texts = (n: number) => Array.from({ length: n }, (_, i) => `s${i}`);

describe('an operation asks for', () => {
  test.each<[what: string, conditions: number, query: string, variables?: Record<string, unknown>]>([
    ['nothing without arguments', 0, '{ servers { nodes { name } } }'],
    [
      'nothing by pages and cursors',
      0,
      '{ servers(first: 1000, after: "x") { nodes { nics(last: 2) { nodes { mac } } } } }',
    ],
    ['one by a reference', 1, '{ server(by: { name: "x" }) { id } }'],
    ['two by an order', 2, '{ servers(orderBy: { field: NAME, direction: ASC }) { totalCount } }'],
    [
      'each comparison of a filter',
      3,
      '{ servers(filter: { name: { startsWith: "a", contains: "b" }, not: { status: { eq: INSTALLED } } }) { totalCount } }',
    ],
    ['each value of a list', 3, '{ servers(filter: { name: { in: ["a", "b", "c"] } }) { totalCount } }'],
    ['each id', 2, '{ nodes(ids: ["a", "b"]) { id } }'],
    ['an empty list as one', 1, '{ servers(filter: { name: { in: [] } }) { totalCount } }'],
    ['each empty filter of a list', 3, '{ servers(filter: { or: [{}, {}, { not: {} }] }) { totalCount } }'],
    ['one where one stands for a list', 1, '{ servers(filter: { or: { name: { eq: "a" } } }) { totalCount } }'],
    ['each requirement of a selector', 4, '{ servers(filter: { labels: "a=b,!c,d in (e,f)" }) { totalCount } }'],
    [
      'those of a selector in a variable',
      2,
      'query ($s: String) { servers(filter: { labels: $s }) { totalCount } }',
      { s: 'a,b' },
    ],
    [
      'a variable each time',
      6,
      'query ($l: [ServerFilter!]) { servers(filter: { and: [{ or: $l }, { or: $l }] }) { totalCount } }',
      { l: names(3) },
    ],
    [
      'a variable in aliases each time',
      6,
      'query ($f: ServerFilter) { a: servers(filter: $f) { totalCount } b: servers(filter: $f) { totalCount } }',
      { f: { or: names(3) } },
    ],
    [
      'a fragment each time it is spread',
      9,
      '{ a: network(by: {name: "a"}) { ...N } b: network(by: {name: "b"}) { ...N } c: network(by: {name: "c"}) { ...N } } fragment N on Network { nics(filter: { mac: { in: ["a", "b"] } }) { totalCount } }',
    ],
    [
      'what a relation is filtered by',
      2,
      '{ servers { nodes { nics(filter: { mac: { in: ["a", "b"] } }) { totalCount } } } }',
    ],
    [
      'what a variable defaults to',
      3,
      'query ($n: [String!] = ["a", "b", "c"]) { servers(filter: { name: { in: $n } }) { totalCount } }',
    ],
    [
      'nothing by what is skipped',
      0,
      'query ($no: Boolean!) { servers(filter: { name: { eq: "a" } }) @include(if: $no) { totalCount } }',
      { no: false },
    ],
    ['nothing by null', 0, 'query ($f: ServerFilter) { servers(filter: $f) { totalCount } }', { f: null }],
    [
      'each label that is set',
      3,
      'mutation { createCluster(input: { name: "a", labels: { a: "1", b: "2" } }) { __typename } }',
    ],
    [
      'each permission of a role',
      4,
      'mutation ($p: [String!]!) { createRole(input: { name: "a", permissions: $p }) { __typename } }',
      { p: texts(3) },
    ],
    [
      'each item of a batch as one',
      4,
      'mutation ($items: [UplinkItemInput!]!) { pushUplink(input: { bastion: "x", epoch: 1, items: $items }) { __typename } }',
      { items: [{ sequence: 1, body: { log: { lines: texts(500) } } }, { sequence: 2 }] },
    ],
    [
      'what is of another type, too',
      3,
      'query ($f: ServerFilter) { servers(filter: $f) { totalCount } }',
      { f: { nonsense: [1, 2], or: 7 } },
    ],
    ['a subscription’s filter', 2, 'subscription { watchServers(filter: { labels: "a,b" }) { __typename } }'],
  ])('%s: %d', (_what, expected, query, variables) => {
    expect(conditions(query, variables)).toBe(expected);
  });

  test('so many manifests, counted apart', () => {
    const query =
      'mutation ($m: [Manifest!]!) { a: applyManifests(input: { manifests: $m }) { __typename } b: applyManifests(input: { manifests: $m, dryRun: true }) { __typename } }';
    const m = Array.from({ length: 600 }, () => ({ kind: 'Network', spec: { a: [1, 2, 3] } }));
    expect(count(query, { m })).toEqual({ conditions: 1, manifests: 1_200 });
  });

  test('whatever a field takes that is new', () => {
    const Deep: GraphQLInputObjectType = new GraphQLInputObjectType({
      name: 'Deep',
      fields: () => ({ any: { type: new GraphQLList(Deep) }, word: { type: GraphQLString } }),
    });
    const query = new GraphQLObjectType({
      name: 'Query',
      fields: { rare: { type: GraphQLInt, args: { deep: { type: Deep } } } },
    });
    const graph = new GraphQLSchema({ query });
    const deep = { any: [{ word: 'a' }, { any: [{ word: 'b' }, { word: 'c' }] }] };
    expect(counted(valid('query ($d: Deep) { rare(deep: $d) }', graph), { d: deep }, graph).conditions).toBe(3);
  });
});

test('Counting takes as long as the request is large, however often a variable and a fragment are used', () => {
  const l = names(6_000);
  const uses = Array.from({ length: 60 }, () => '{ or: $l }').join(' ');
  const levels = 20;
  const fragments = Array.from(
    { length: levels },
    (_, n) => `fragment F${n} on Query { ...F${n + 1} a${n}: about { version } ...F${n + 1} }`,
  );
  const last = `fragment F${levels} on Query { servers(filter: { and: [${uses}] }) { totalCount } }`;
  const query = `query ($l: [ServerFilter!]) { ...F0 } ${fragments.join(' ')} ${last}`;
  const document = valid(query);
  const counting = () => expect(counted(document, { l }).conditions).toBe(6_000 * 60 * 2 ** levels);
  expect(calibrate(counting)).toBeLessThan(20);
});

describe('well within the limit are', () => {
  const all = (folder: string) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.graphql'))
      .map((path) => parse(readFileSync(`${folder}/${path}`, 'utf8')));
  test.each(['cli', 'bastion', 'server/graphiql/examples'])('the documents of %s', (folder) => {
    const document = concatAST(all(folder));
    for (const definition of document.definitions) {
      if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
      const selected = new Selected(schema, document, definition, {});
      const { conditions: found } = new Counting(selected, new WeakMap(), LIMITS.maxConditions).total();
      expect(found, definition.name!.value).toBeLessThan(LIMITS.maxConditions / 20);
    }
  });

  test('introspection, and pages of a thousand', () => {
    expect(conditions(getIntrospectionQuery())).toBe(0);
    expect(conditions('{ servers(first: 1000) { nodes { id } } }')).toBe(0);
    expect(conditions('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids: texts(1_000) })).toBe(1_000);
  });
});
