// Operations that ask for more conditions than they look like: variables used many times, selectors, lists, sets.
import type { HostileCase } from '../cases.ts';
import type { Target } from '../support.ts';

const list = <T>(length: number, one: (n: number) => T): T[] => Array.from({ length }, (_, n) => one(n));
const names = (length: number) => list(length, (n) => ({ name: { eq: `x${n}` } }));
const id = (n: number) => `Server:01a207fe-2773-763c-ba86-${String(n).padStart(12, '0')}`;
const labels = (length: number) => list(length, (n) => `k${n}=v`).join(',');

interface Ask {
  query: string;
  variables?: object;
}

const twice = 'query ($l: [ServerFilter!]) { servers(filter: { and: [{ or: $l }, { or: $l }] }) { totalCount } }';
const filtered = 'query ($f: ServerFilter) { servers(filter: $f) { totalCount } }';
const selected = 'query ($s: String) { servers(filter: { labels: $s }) { totalCount } }';
const many = (length: number, one: (n: number) => string) => list(length, one).join(' ');

const refused: readonly [name: string, ask: Ask][] = [
  ['A filter that uses a list of 501 terms twice', { query: twice, variables: { l: names(501) } }],
  ['A filter that uses a list of 2,000 terms twice', { query: twice, variables: { l: names(2_000) } }],
  ['A filter that uses a list of 4,000 terms twice', { query: twice, variables: { l: names(4_000) } }],
  [
    'A list of 60 terms in 100 places of a filter',
    {
      query: `query ($l: [ServerFilter!]) { servers(filter: { or: [${many(100, () => '{ and: $l }')}] }) { totalCount } }`,
      variables: { l: names(60) },
    },
  ],
  [
    'A filter of 20 terms under 60 aliases',
    {
      query: `query ($f: ServerFilter) { ${many(60, (n) => `a${n}: servers(filter: $f) { totalCount }`)} }`,
      variables: { f: { or: names(20) } },
    },
  ],
  [
    'A filter of 3 terms in a fragment that is spread a million times',
    {
      query: `{ ...F0 } ${many(20, (n) => `fragment F${n} on Query { ...F${n + 1} ...F${n + 1} }`)} fragment F20 on Query { a: about { version } servers(first: 1, filter: { name: { in: ["a", "b", "c"] } }) { totalCount } }`,
    },
  ],
  [
    'A filter of the NICs of each server by 1,001 addresses',
    {
      query: 'query ($m: [String!]) { servers { nodes { nics(filter: { mac: { in: $m } }) { totalCount } } } }',
      variables: { m: list(1_001, (n) => `${n}`) },
    },
  ],
  ['A label selector of 15,000 requirements', { query: selected, variables: { s: labels(15_000) } }],
  [
    'A label selector with 1,001 values of one key',
    { query: selected, variables: { s: `a in (${list(1_001, String).join(',')})` } },
  ],
  ['A label selector of 100,000 commas', { query: selected, variables: { s: ','.repeat(100_000) } }],
  ['A list of 30,000 empty filters', { query: filtered, variables: { f: { or: list(30_000, () => ({})) } } }],
  [
    'A list of 5,000 filters, 3 deep',
    { query: filtered, variables: { f: { and: list(5_000, () => ({ not: { not: { not: {} } } })) } } },
  ],
  ['A filter by 2,000 ids', { query: filtered, variables: { f: { id: { in: list(2_000, id) } } } }],
  [
    'Ten lists of 101 ids',
    {
      query: `query ($i: [ID!]!) { ${many(10, (n) => `n${n}: nodes(ids: $i) { id }`)} }`,
      variables: { i: list(101, id) },
    },
  ],
  [
    'A variable that defaults to a selector of 2,000 requirements',
    { query: `query ($s: String = "${labels(2_000)}") { servers(filter: { labels: $s }) { totalCount } }` },
  ],
  [
    'A filter of the past by 1,001 names',
    {
      query: 'query ($f: ServerFilter) { servers(at: "rev:1", filter: $f) { totalCount } }',
      variables: { f: { name: { in: list(1_001, String) } } },
    },
  ],
  [
    'A role of 5,000 permissions',
    {
      query: 'mutation ($p: [String!]!) { createRole(input: { name: "r", permissions: $p }) { __typename } }',
      variables: { p: list(5_000, (n) => `read:a:b:s${n}`) },
    },
  ],
  [
    'A cluster of 5,000 members',
    {
      query: 'mutation ($m: [MemberInput!]) { createCluster(input: { name: "c", members: $m }) { __typename } }',
      variables: { m: list(5_000, (n) => ({ server: { name: `s${n}` }, role: 'WORKER' })) },
    },
  ],
  [
    'A server with 10,000 labels',
    {
      query: 'mutation ($l: Labels) { createServer(input: { mac: "02:00:00:00:00:99", labels: $l }) { __typename } }',
      variables: { l: Object.fromEntries(list(10_000, (n) => [`k${n}`, 'v'])) },
    },
  ],
];

const bastion = (n: number) => `Bastion:01a207fe-2773-763c-ba86-${String(n).padStart(12, '0')}`;
const installed = (n: number) => ({ name: { eq: `x${n}` }, status: { eq: 'INSTALLED' } });

const answered: readonly [name: string, ask: Ask][] = [
  [
    'A filter of the log that holds of nothing',
    { query: '{ events(filter: { not: {} }) { totalCount } auditEntries(filter: { not: {} }) { totalCount } }' },
  ],
  ['A filter of 1,000 terms, 500 of them twice', { query: twice, variables: { l: names(500) } }],
  [
    'A filter of 100 lists of 10 names',
    { query: filtered, variables: { f: { and: list(100, () => ({ or: names(10) })) } } },
  ],
  [
    'A filter of 100 lists of 5 terms of two columns',
    { query: filtered, variables: { f: { and: list(100, (n) => ({ or: list(5, (i) => installed(5 * n + i)) })) } } },
  ],
  [
    'A filter of 100 lists of 10 exclusions, turned round',
    {
      query: filtered,
      variables: { f: { and: list(100, () => ({ not: { and: list(10, (n) => ({ name: { ne: `x${n}` } })) } })) } },
    },
  ],
  [
    'A filter that excludes 1,000 bastions one by one',
    { query: filtered, variables: { f: { and: list(1_000, (n) => ({ bastion: { ne: bastion(n) } })) } } },
  ],
  [
    'A label selector that excludes 1,000 labels',
    { query: selected, variables: { s: list(1_000, (n) => `k${n}!=v`).join(',') } },
  ],
  ['A label selector of 1,000 requirements', { query: selected, variables: { s: labels(1_000) } }],
  [
    'A label selector of 1,000 requirements and 200,000 letters',
    { query: selected, variables: { s: `${'a'.repeat(200_000)},${labels(999)}` } },
  ],
  [
    'A filter of 1,000 different parts of names',
    { query: filtered, variables: { f: { or: list(1_000, (n) => ({ name: { contains: `x${n}` } })) } } },
  ],
  ['A thousand ids', { query: 'query ($i: [ID!]!) { nodes(ids: $i) { id } }', variables: { i: list(1_000, id) } }],
];

const code = 'TOO_MANY_CONDITIONS';
const watch = 'subscription ($f: ServerFilter) { watchServers(filter: $f) { __typename } }';

export const rows = (target: Target): HostileCase[] => [
  ...refused.map(([name, ask]): HostileCase => ({
    name,
    code,
    status: 400,
    attack: () => target.ask(ask.query, ask),
  })),
  {
    name: 'A watch with a filter of 1,001 terms over a WebSocket',
    code,
    attack: () => target.overWebSocket(watch, { variables: { f: { or: names(1_001) } } }),
  },
  {
    name: 'A query with a filter of 2,002 terms over a WebSocket',
    code,
    attack: () => target.overWebSocket(twice, { variables: { l: names(1_001) } }),
  },
  {
    name: '1,001 manifests in two parts of one operation',
    code: 'TOO_MANY_MANIFESTS',
    status: 400,
    attack: () =>
      target.ask(
        'mutation ($a: [Manifest!]!, $b: [Manifest!]!) { a: applyManifests(input: { manifests: $a }) { __typename } b: applyManifests(input: { manifests: $b }) { __typename } }',
        { variables: { a: list(1_000, () => ({})), b: [{}] } },
      ),
  },
  ...answered.map(([name, ask]): HostileCase => ({
    name,
    code: undefined,
    status: 200,
    attack: () => target.ask(ask.query, ask),
  })),
];
