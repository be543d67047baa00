// What GraphQL itself says is wrong with a request says so without the values in it, which may be secrets.
import { buildSchema, execute, parse } from 'graphql';
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { withoutVariables } from '../../../server/pipeline/sentValues.ts';
import { startToy, type Toy } from '../http/toy.ts';

let toy: Toy;
beforeAll(async () => {
  toy = await startToy();
});
afterAll(() => toy.stop());

const MARKER = 'hunter2-6f1c';
const by = 'query ($by: By!) { chosen(by: $by) }';

const requests: readonly [what: string, request: { query: string; variables?: object }, message: string][] = [
  [
    'of a variable that has a field too many',
    { query: by, variables: { by: { name: MARKER, oops: '; Field "x" at "by.name"; ' } } },
    'Variable "$by" got an invalid value; Field "oops" is not defined by type "By".',
  ],
  [
    'of another type in a variable',
    { query: by, variables: { by: { name: [MARKER] } } },
    'Variable "$by" got an invalid value at "by.name"; String cannot represent a non string value.',
  ],
  [
    'in place of an object in a variable',
    { query: by, variables: { by: MARKER } },
    'Variable "$by" got an invalid value; Expected type "By" to be an object.',
  ],
  [
    'in place of an object in the document',
    { query: `{ chosen(by: "${MARKER}") }` },
    'Expected value of type "By!", found ….',
  ],
  [
    'in a list in the document',
    { query: `{ chosen(by: { name: ["${MARKER}"] }) }` },
    'String cannot represent a non string value: …',
  ],
  [
    'in the document without its quotes',
    { query: '{ chosen(by: { name: hunter2 }) }' },
    'String cannot represent a non string value: …',
  ],
  [
    'in the document as a number',
    { query: '{ chosen(by: { name: 32167 }) }' },
    'String cannot represent a non string value: …',
  ],
  [
    'in place of an object in the document, as a number',
    { query: '{ chosen(by: 32167) }' },
    'Expected value of type "By!", found ….',
  ],
  ['where a name belongs', { query: `{ chosen(by: { "${MARKER}" }) }` }, 'Syntax Error: Expected Name, found String.'],
  [
    'where a name belongs, as a block',
    { query: `{ chosen(by: { """${MARKER}""" }) }` },
    'Syntax Error: Expected Name, found BlockString.',
  ],
];

test.each(requests)('%s', async (_what, request, message) => {
  const response = await fetch(toy.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
  });
  const text = await response.text();
  const { errors } = JSON.parse(text) as { errors: { message: string }[] };
  expect(errors[0]!.message).toBe(message);
  expect(text).not.toContain(MARKER);
});

test('of a variable with ten thousand mistakes is looked through no further than it is told of', async () => {
  const by = Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`oops${n}`, 1]));
  const document = parse('query ($by: By!) { chosen(by: $by) @skip(if: true) }');
  const schema = buildSchema('type Query { chosen(by: By!): String } input By { name: String }');
  const args = { schema, document, variableValues: { by } };
  const { errors } = await execute(args);
  expect(errors).toHaveLength(51);
  const messages = withoutVariables(errors!, args).map(({ message }) => message);
  expect(messages[0]).toBe('Variable "$by" got an invalid value; Field "oops0" is not defined by type "By".');
  expect(new Set(messages.slice(0, 50)).size).toBe(50);
});

test('over a WebSocket as well', async () => {
  const client = createClient({ url: toy.url, webSocketImpl: WebSocket, retryAttempts: 0 });
  const said: unknown[] = [];
  for (const [, request] of requests)
    try {
      for await (const answer of client.iterate(request as never)) said.push(answer);
    } catch (errors) {
      said.push(errors);
    }
  await client.dispose();
  expect(said).toHaveLength(requests.length);
  expect(JSON.stringify(said)).not.toContain(MARKER);
});
