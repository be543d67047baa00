// Every error in an answer has a code that programs can tell it by, over HTTP and WebSockets alike.
import { createClient, type Client } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { startToy, type Toy } from '../http/toy.ts';

interface Request {
  readonly query?: unknown;
  readonly operationName?: string;
  readonly variables?: Record<string, unknown>;
}

let toy: Toy;
let client: Client;
beforeAll(async () => {
  toy = await startToy();
  client = createClient({ url: toy.url, webSocketImpl: WebSocket, retryAttempts: 0 });
});
afterAll(async () => {
  await client.dispose();
  await toy.stop();
});

type Errors = readonly { extensions?: { code?: unknown } }[];
const codes = (errors: Errors) => errors.map(({ extensions }) => extensions?.code);

async function overHttp(request: Request, accept = 'application/json'): Promise<unknown[]> {
  const headers = { 'content-type': 'application/json', accept };
  const response = await fetch(toy.url, { method: 'POST', headers, body: JSON.stringify(request) });
  return codes(((await response.json()) as { errors: Errors }).errors);
}

async function overWebSocket(request: Request): Promise<unknown[]> {
  try {
    for await (const { errors } of client.iterate(request as never)) return codes(errors as Errors);
    return [];
  } catch (errors) {
    return codes(errors as Errors);
  }
}

const invalid = 'GRAPHQL_VALIDATION_FAILED';
const by = 'query ($by: By!) { chosen(by: $by) }';
const mistakes: readonly [what: string, code: string, request: Request][] = [
  ['a document that does not parse', 'GRAPHQL_PARSE_FAILED', { query: '{ hello' }],
  ['an empty document', 'GRAPHQL_PARSE_FAILED', { query: '#' }],
  ['an unknown field', invalid, { query: '{ helo }' }],
  ['a oneOf that has two', invalid, { query: '{ chosen(by: { id: "1", name: "a" }) }' }],
  ['a oneOf that has null', 'BAD_USER_INPUT', { query: by, variables: { by: { name: null } } }],
  ['a oneOf that has none', 'BAD_USER_INPUT', { query: by, variables: { by: {} } }],
  ['a variable of another type', 'BAD_USER_INPUT', { query: by, variables: { by: { name: 1 } } }],
  ['a variable that is missing', 'BAD_USER_INPUT', { query: by }],
  [
    'an operation that is not there',
    'OPERATION_RESOLUTION_FAILURE',
    { query: 'query A { hello }', operationName: 'B' },
  ],
  ['several operations and no name', 'OPERATION_RESOLUTION_FAILURE', { query: 'query A { hello } query B { hello }' }],
  ['a value that its type cannot say', 'INTERNAL_SERVER_ERROR', { query: by, variables: { by: { name: 'a' } } }],
];

describe('the code of', () => {
  test.each(mistakes)('%s is %s over HTTP', async (_what, code, request) => {
    expect(await overHttp(request)).toEqual([code]);
    expect(await overHttp(request, 'application/graphql-response+json')).toEqual([code]);
  });

  test.each(mistakes)('%s is %s over a WebSocket', async (_what, code, request) => {
    expect(await overWebSocket(request)).toEqual([code]);
  });

  test.each([
    ['no query', {}],
    ['a query that is no text', { query: 7 }],
    ['variables that are no object', { query: '{ hello }', variables: [] as never }],
  ])('a request with %s is BAD_REQUEST', async (_what, request) => {
    expect(await overHttp(request)).toEqual(['BAD_REQUEST']);
  });

  test('a mutation by GET says so', async () => {
    const response = await fetch(`${toy.url}?query=${encodeURIComponent('mutation { write }')}`);
    expect(codes(((await response.json()) as { errors: Errors }).errors)).toEqual(['BAD_REQUEST']);
  });
});
