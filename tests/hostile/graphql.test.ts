// GraphQL: documents and variables that mean harm, by whoever is signed in and by whoever is not.
import { afterEach, describe, expect, test } from 'vitest';
import { expectAlive, expectNoLeak, shareTarget } from './support.ts';

const target = shareTarget();
afterEach(() => expectAlive(target));

describe('whoever shows no credential', () => {
  const documents: Record<string, string> = {
    'asks for the schema': '{ __schema { types { name } } }',
    'asks for a type': '{ __type(name: "Server") { fields { name } } }',
    'asks for what anything is': '{ __typename }',
    'asks for servers': '{ servers { nodes { name } } }',
    'asks for a field that is not there': '{ serverz { nodes { name } } }',
    'hides a query behind a public mutation':
      'mutation { login(input: { name: "a", password: "b" }) { __typename } deleteServer(by: { name: "x" }) { __typename } }',
    'hides a query behind an alias': '{ signInMethods: servers { nodes { name } } }',
    'hides a query in a fragment': 'query { ...F } fragment F on Query { servers { nodes { name } } }',
    'hides a query in an inline fragment':
      '{ ... on Query { signInMethods { by } ... { servers { nodes { name } } } } }',
    'hides a query behind a directive': '{ signInMethods { by } servers @skip(if: false) { nodes { name } } }',
    'spreads fragments round and round':
      '{ ...A } fragment A on Query { ...B } fragment B on Query { ...A servers { nodes { name } } }',
    'spreads a fragment that is not there': '{ ...Nothing }',
    'watches servers': 'subscription { watchServers { __typename } }',
  };
  test.each(Object.entries(documents))('%s, and is told to sign in and nothing else', async (_name, query) => {
    const answer = await target.ask(query, { headers: {} });
    expect([answer.status, answer.code]).toEqual([401, 'UNAUTHENTICATED']);
    expect(answer.text).not.toMatch(/did you mean|unknown type|cannot query/i);
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="lab"');
    expectNoLeak(answer.text);
  });
});

describe('a document', () => {
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
  test.each(documents)('%s', async (_name, query, status, code, variables) => {
    const answer = await target.ask(query, variables && { variables });
    expect([answer.status, answer.code]).toEqual([status, code]);
    expectNoLeak(answer.text);
  });

  test('of a mutation is not run by a subscription, nor twice under two names', async () => {
    const made = await target.ask(
      'mutation { a: createCluster(input: { name: "twice" }) { __typename } b: createCluster(input: { name: "twice" }) { __typename } }',
    );
    expect(JSON.parse(made.text)).toEqual({ data: { a: { __typename: 'Cluster' }, b: { __typename: 'Conflict' } } });
  });
});

describe('an input', () => {
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
  test.each(inputs)('%s names the field', async (_name, mutation, field) => {
    const query = `mutation { made: ${mutation} { __typename ... on InvalidInput { field } } }`;
    const answer = await target.ask(query);
    expect(JSON.parse(answer.text)).toEqual({ data: { made: { __typename: 'InvalidInput', field } } });
  });
});
