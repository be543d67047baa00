// GraphQL: documents and variables that mean harm, by whoever is signed in and by whoever is not.
import { expect } from 'vitest';
import type { HostileCase } from '../cases.ts';
import { expectNoLeak, type Target } from '../support.ts';

/** By whoever shows no credential. */
const unsigned: Record<string, string> = {
  'asks for the schema': '{ __schema { types { name } } }',
  'asks for a type': '{ __type(name: "Server") { fields { name } } }',
  'asks for what anything is': '{ __typename }',
  'asks for servers': '{ servers { nodes { name } } }',
  'asks for a field that is not there': '{ serverz { nodes { name } } }',
  'hides a query behind a public mutation':
    'mutation { login(input: { name: "a", password: "b" }) { __typename } deleteServer(by: { name: "x" }) { __typename } }',
  'hides a query behind an alias': '{ signInMethods: servers { nodes { name } } }',
  'hides a query in a fragment': 'query { ...F } fragment F on Query { servers { nodes { name } } }',
  'hides a query in an inline fragment': '{ ... on Query { signInMethods { by } ... { servers { nodes { name } } } } }',
  'hides a query behind a directive': '{ signInMethods { by } servers @skip(if: false) { nodes { name } } }',
  'spreads fragments round and round':
    '{ ...A } fragment A on Query { ...B } fragment B on Query { ...A servers { nodes { name } } }',
  'spreads a fragment that is not there': '{ ...Nothing }',
  'watches servers': 'subscription { watchServers { __typename } }',
};

/** As the administrator. */
const documents: [name: string, query: string, status: number, code: string | undefined, variables?: object][] = [
  ['that is empty', '', 200, 'GRAPHQL_PARSE_FAILED'],
  ['that is no GraphQL', '{', 200, 'GRAPHQL_PARSE_FAILED'],
  ['with a NUL', '{ about\u0000 { version } }', 200, 'GRAPHQL_PARSE_FAILED'],
  ['with a lone surrogate', '{ about { version } } # \ud800', 200, 'GRAPHQL_PARSE_FAILED'],
  ['with fragments in a circle', '{ ...A } fragment A on Query { ...A }', 200, 'GRAPHQL_VALIDATION_FAILED'],
  ['with a field of a prototype', '{ __proto__ { version } }', 200, 'GRAPHQL_VALIDATION_FAILED'],
  ['with a constructor', '{ about { constructor } }', 200, 'GRAPHQL_VALIDATION_FAILED'],
  ['with a directive that is not there', '{ about @frob { version } }', 200, 'GRAPHQL_VALIDATION_FAILED'],
  [
    'with two operations and no name',
    'query A { about { version } } query B { about { version } }',
    400,
    'OPERATION_RESOLUTION_FAILURE',
  ],
  [
    'that asks too deep for the schema',
    '{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }',
    200,
    'GRAPHQL_VALIDATION_FAILED',
  ],
  ['with a page of nothing', '{ servers(first: 0) { nodes { name } } }', 200, 'BAD_USER_INPUT'],
  [
    'with a page of two thousand million',
    '{ servers(first: 2000000000) { nodes { name } } }',
    400,
    'OPERATION_TOO_EXPENSIVE',
  ],
  ['with a negative page', '{ servers(first: -1) { nodes { name } } }', 200, 'BAD_USER_INPUT'],
  ['with a page from both ends', '{ servers(first: 1, last: 1) { nodes { name } } }', 200, 'BAD_USER_INPUT'],
  [
    'with a filter of a NUL',
    'query ($n: String) { servers(filter: { name: { eq: $n } }) { nodes { name } } }',
    200,
    'BAD_USER_INPUT',
    { n: 'a\u0000b' },
  ],
  [
    'with a filter of wildcards',
    '{ servers(filter: { name: { contains: "%_%" } }) { nodes { name } } }',
    200,
    undefined,
  ],
  [
    'with a selector that is none',
    '{ servers(filter: { labels: "a=(((" }) { nodes { name } } }',
    200,
    'BAD_USER_INPUT',
  ],
  [
    'with a label of a prototype',
    '{ servers(filter: { labels: "__proto__=x" }) { nodes { name } } }',
    200,
    'BAD_USER_INPUT',
  ],
  [
    'with SQL for a name',
    `query ($n: String!) { server(by: { name: $n }) { name } }`,
    200,
    undefined,
    { n: "x'; DROP TABLE server; --" },
  ],
  [
    'with a wrong variable',
    'query ($n: Int) { servers(first: $n) { nodes { name } } }',
    400,
    'BAD_USER_INPUT',
    { n: { a: 1 } },
  ],
  [
    'with a number beyond Int',
    'query ($n: Int) { servers(first: $n) { nodes { name } } }',
    400,
    'OPERATION_TOO_EXPENSIVE',
    { n: 1e300 },
  ],
  [
    'without a variable that it needs',
    'query ($n: String!) { server(by: { name: $n }) { name } }',
    400,
    'BAD_USER_INPUT',
    {},
  ],
  [
    'with two references at once',
    '{ server(by: { name: "a", id: "Server:x" }) { name } }',
    200,
    'GRAPHQL_VALIDATION_FAILED',
  ],
];

const inputs: [name: string, mutation: string, field: string][] = [
  ['with a name of dots', 'createCluster(input: { name: "../../etc" })', 'input.name'],
  ['with a name of 64 letters', `createCluster(input: { name: "${'a'.repeat(64)}" })`, 'input.name'],
  ['with an empty name', 'createCluster(input: { name: "" })', 'input.name'],
  ['with a NUL in its name', 'createCluster(input: { name: "a\\u0000b" })', 'input.name'],
  ['with a line break in a text', 'createCluster(input: { name: "x1", endpoint: "a\\nb" })', 'input.endpoint'],
  ['with a script for a label', 'createCluster(input: { name: "x2", labels: { a: "<script>" } })', 'input.labels.a'],
  ['with a range in octal', 'createNetwork(input: { name: "x3", cidr: "010.0.0.0/8" })', 'input.cidr'],
  ['with a range that is mapped', 'createNetwork(input: { name: "x4", cidr: "::ffff:10.0.0.0/104" })', 'input.cidr'],
  ['with host bits', 'createNetwork(input: { name: "x5", cidr: "10.0.0.1/8" })', 'input.cidr'],
  ['with a VLAN too many', 'createNetwork(input: { name: "x6", cidr: "10.0.0.0/8", vlan: 4095 })', 'input.vlan'],
  ['with a MAC for many', 'createServer(input: { mac: "ff:ff:ff:ff:ff:ff" })', 'input.mac'],
  ['with a password of three letters', 'createUser(input: { name: "x7", password: "abc" })', 'input.password'],
  [
    'with a permission that is none',
    'createRole(input: { name: "x8", permissions: ["root"] })',
    'input.permissions[0]',
  ],
];

const unsignedRows = (target: Target) =>
  Object.entries(unsigned).map(([what, query]): HostileCase => ({
    name: `Whoever shows no credential and ${what}`,
    code: 'UNAUTHENTICATED',
    status: 401,
    attack: () => target.ask(query, { headers: {} }),
    also: ({ text, headers }) => {
      expect(text).not.toMatch(/did you mean|unknown type|cannot query/i);
      expect(headers!['www-authenticate']).toBe('Bearer realm="lab"');
      expectNoLeak(text!);
    },
  }));

const documentRows = (target: Target) =>
  documents.map(([what, query, status, code, variables]): HostileCase => ({
    name: `A document ${what}`,
    code,
    status,
    attack: () => target.ask(query, variables && { variables }),
    also: ({ text }) => expectNoLeak(text!),
  }));

const inputRows = (target: Target) =>
  inputs.map(([what, mutation, field]): HostileCase => ({
    name: `An input ${what}`,
    code: 'InvalidInput',
    attack: async () => {
      const { text } = await target.ask(`mutation { made: ${mutation} { __typename ... on InvalidInput { field } } }`);
      const { data } = JSON.parse(text) as { data: { made: { __typename: string } } };
      expect(data).toEqual({ made: { __typename: 'InvalidInput', field } });
      return { text, code: data.made.__typename };
    },
  }));

export const rows = (target: Target): HostileCase[] => [
  ...unsignedRows(target),
  ...documentRows(target),
  ...inputRows(target),
];
