// Clients that nobody here wrote: Apollo Client and graphql-ws' own.
import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { startToy, type Toy } from './toy.ts';

let toy: Toy;
beforeAll(async () => {
  toy = await startToy({ level: 'silent' });
});
afterAll(() => toy.stop());

describe('Apollo Client', () => {
  const client = () => new ApolloClient({ link: new HttpLink({ uri: toy.url }), cache: new InMemoryCache() });

  test('queries and mutates over HTTP', async () => {
    const { data } = await client().query<{ hello: string }>({
      query: gql`
        query Q($n: String) {
          hello(name: $n)
        }
      `,
      variables: { n: 'Apollo' },
    });
    expect(data).toEqual({ hello: 'hello Apollo' });
    const before = toy.writes.count;
    await client().mutate({
      mutation: gql`
        mutation {
          write
        }
      `,
    });
    expect(toy.writes.count).toBe(before + 1);
  });

  test('gets errors as GraphQL errors, with the data that there is', async () => {
    const { data, error } = await client().query({
      query: gql`
        {
          mistake
          hello
        }
      `,
      errorPolicy: 'all',
    });
    expect(data).toEqual({ mistake: null, hello: 'hello world' });
    expect(error).toMatchObject({ errors: [{ extensions: { code: 'INVALID_INPUT' } }] });
  });
});

describe("graphql-ws' client", () => {
  test('subscribes, with a token in its connectionParams', async () => {
    const client = createClient({
      url: toy.url,
      webSocketImpl: WebSocket,
      connectionParams: { Authorization: 'Bearer x' },
    });
    const seen: unknown[] = [];
    for await (const { data } of client.iterate({ query: 'subscription { ticks(to: 3) { count } }' })) seen.push(data);
    expect(seen).toEqual([1, 2, 3].map((count) => ({ ticks: { count } })));
    await client.dispose();
  });

  test('comes back by itself when labd was restarted', async () => {
    const first = await startToy({ level: 'silent' });
    const client = createClient({
      url: first.url,
      webSocketImpl: WebSocket,
      retryAttempts: 20,
      retryWait: () => new Promise((resolve) => setTimeout(resolve, 50)),
    });
    const events = client.iterate({ query: 'subscription { ticks(to: 100000, every: 10) { count } }' });
    await events.next();
    await first.stop();
    const second = await startToy({ level: 'silent', port: first.server.port });
    await expect
      .poll(async () => {
        await events.next();
        return second.streams.open;
      })
      .toBe(1);
    await client.dispose();
    await second.stop();
  });
});
