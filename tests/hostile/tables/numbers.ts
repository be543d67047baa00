// Numbers past those that JavaScript can tell apart: they are refused where their neighbours would be kept in their place.
import { expect } from 'vitest';
import type { HostileCase, Outcome } from '../cases.ts';
import type { Target } from '../support.ts';

/** The first whole number that is read as another one. */
const BEYOND = '9007199254740993';

const problem = '{ __typename ... on InvalidInput { field } }';
const server = (n: number, install: string) =>
  `mutation { answer: createServer(input: { mac: "52:54:00:aa:00:0${n}", install: ${install} }) ${problem} }`;

/** Each where it stands in what is kept as it is given, and the path by which it is refused. */
const kept: readonly [where: string, query: string, field: string][] = [
  ["A server's parameter", server(1, `{ size: ${BEYOND} }`), 'input.install.size'],
  ["A server's parameter below nothing", server(2, `{ size: -${BEYOND} }`), 'input.install.size'],
  ['A parameter deep in a list', server(3, `{ sizes: [1, { most: ${BEYOND} }] }`), 'input.install.sizes[1].most'],
  ['A parameter without an end', server(4, '{ size: 1e999 }'), 'input.install.size'],
  [
    "A cluster's parameter",
    `mutation { answer: createCluster(input: { name: "beyond", install: { size: ${BEYOND} } }) ${problem} }`,
    'input.install.size',
  ],
];

export const rows = (target: Target): HostileCase[] => {
  /** A typed answer counts as its code. */
  const ask = async (query: string, variables?: string): Promise<Outcome> => {
    const answer = await target.raw(request(target, query, variables));
    const [, type] = /"answer":\{"__typename":"(\w+)"/.exec(answer.text) ?? [];
    return { ...answer, code: answer.code ?? type };
  };
  return [
    ...kept.map(([where, query, field]): HostileCase => ({
      name: `${where} past all numbers`,
      attack: () => ask(query),
      code: 'InvalidInput',
      also: ({ text }) => expect(text).toContain(`"field":"${field}"`),
    })),
    {
      name: 'A variable with a parameter past all numbers',
      attack: () =>
        ask(
          `mutation ($i: JSON) { answer: ${server(5, '$i').slice('mutation { answer: '.length)}`,
          `{"i":{"size":${BEYOND}}}`,
        ),
      code: 'InvalidInput',
      also: ({ text }) => expect(text).toContain('"field":"input.install.size"'),
    },
    {
      name: 'A manifest with a parameter past all numbers',
      attack: () =>
        ask(
          'mutation ($m: [Manifest!]!) { answer: applyManifests(input: { manifests: $m }) { __typename ... on ManifestProblems { problems { path } } } }',
          `{"m":[{"apiVersion":"lab/v1","kind":"Cluster","metadata":{"name":"beyond"},"spec":{"install":{"size":${BEYOND}}}}]}`,
        ),
      code: 'ManifestProblems',
      also: ({ text }) => expect(text).toContain('"path":"spec.install.size"'),
    },
    {
      name: 'A version past all numbers',
      attack: () =>
        ask(
          'mutation ($v: Counter) { answer: deleteCluster(by: { name: "k" }, ifVersion: $v) { __typename } }',
          `{"v":${BEYOND}}`,
        ),
      code: 'BAD_USER_INPUT',
    },
  ];
};

/** What is sent, as it is: no JavaScript has read the number. */
function request({ host, labd }: Target, query: string, variables = '{}'): string {
  const body = `{"query":${JSON.stringify(query)},"variables":${variables}}`;
  const headers = Object.entries({ ...labd.headers, 'content-type': 'application/json', host });
  return [
    'POST /graphql HTTP/1.1',
    ...headers.map(([name, value]) => `${name}: ${value}`),
    `content-length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n');
}
