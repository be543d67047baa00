// Operations over WebSockets and server-sent events: the same pipeline, the same errors, and nothing left behind.
import { createClient, type Client, type FormattedExecutionResult } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { startToy, type Toy } from '../http/toy.ts';

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

async function all(query: string): Promise<FormattedExecutionResult<Record<string, unknown>, unknown>[]> {
  const results: FormattedExecutionResult<Record<string, unknown>, unknown>[] = [];
  for await (const result of client.iterate({ query })) results.push(result);
  return results;
}

const metric = async (name: string) => {
  const text = await (await fetch(toy.url.replace('/graphql', '/metrics'))).text();
  return Number(new RegExp(`^${name} (\\d+)`, 'm').exec(text)?.[1]);
};

describe('Over a WebSocket', () => {
  test('queries and mutations are answered, by the caller that identify() names', async () => {
    expect(await all('{ hello whoami address }')).toEqual([
      { data: { hello: 'hello world', whoami: 'user/somebody', address: '127.0.0.1' } },
    ]);
    const before = toy.writes.count;
    await all('mutation { write }');
    expect(toy.writes.count).toBe(before + 1);
  });

  test('subscriptions deliver every event in order', async () => {
    const counts = (await all('subscription { ticks(to: 500) { count } }')).map(
      ({ data }) => (data!['ticks'] as { count: number }).count,
    );
    expect(counts).toEqual(Array.from({ length: 500 }, (_, n) => n + 1));
    expect(toy.streams.open).toBe(0);
  });

  test('an error nobody foresaw is masked, in an answer and in a stream', async () => {
    const [answer] = await all('{ bug }');
    expect(answer!.errors).toMatchObject([
      { extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: expect.any(String) as string } },
    ]);
    const [event] = await all('subscription { broken }');
    expect(event?.errors).toMatchObject([{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }]);
    expect(JSON.stringify([answer, event])).not.toContain('secret');
    const id = event!.errors![0]!.extensions!['requestId'];
    expect(toy.logged).toContainEqual(expect.objectContaining({ level: 50, requestId: id }));
  });

  test('a document that does not parse, or is invalid, is refused by itself; the connection stays', async () => {
    await expect(all('{ nonsense')).rejects.toMatchObject([
      { message: expect.stringContaining('Syntax Error') as string },
    ]);
    await expect(all('{ nonsense }')).rejects.toMatchObject([{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }]);
    expect(await all('{ hello }')).toHaveLength(1);
  });

  test('a subscription that its reader leaves, or whose connection is cut, leaves nothing behind', async () => {
    for await (const _ of client.iterate({ query: 'subscription { ticks(to: 100000, every: 5) { count } }' })) break;
    await expect.poll(() => toy.streams.open).toBe(0);

    const socket = new WebSocket(toy.url, 'graphql-transport-ws');
    socket.on('open', () => socket.send('{"type":"connection_init"}'));
    socket.on('message', (data: Buffer) => {
      if (data.toString().includes('connection_ack'))
        socket.send(
          JSON.stringify({
            id: '1',
            type: 'subscribe',
            payload: { query: 'subscription { ticks(to: 100000, every: 5) { count } }' },
          }),
        );
      else socket.terminate();
    });
    await new Promise((resolve) => socket.once('close', resolve));
    await expect.poll(() => toy.streams.open).toBe(0);
    await expect.poll(() => metric('labd_subscriptions')).toBe(0);
  });

  test('connections and subscriptions are counted', async () => {
    const events = client.iterate({ query: 'subscription { ticks(to: 100000, every: 5) { count } }' });
    await events.next();
    expect([await metric('labd_websocket_connections'), await metric('labd_subscriptions')]).toEqual([1, 1]);
    await events.return!();
  });
});

describe('Over server-sent events', () => {
  test('a subscription is a stream of next events and a complete', async () => {
    const response = await fetch(toy.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: '{"query":"subscription{ticks(to:3){count}}"}',
    });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    expect(response.headers.get('x-request-id')).toBeTruthy();
    const data = [...(await response.text()).matchAll(/event: next\ndata: (.*)\n/g)].map(
      (match) => JSON.parse(match[1]!) as unknown,
    );
    expect(data).toEqual([1, 2, 3].map((count) => ({ data: { ticks: { count } } })));
  });

  test('a reader that leaves ends the subscription', async () => {
    const leaving = new AbortController();
    const response = await fetch(toy.url, {
      method: 'POST',
      signal: leaving.signal,
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: '{"query":"subscription{ticks(to:100000,every:5){count}}"}',
    });
    await response.body!.getReader().read();
    leaving.abort();
    await expect.poll(() => toy.streams.open).toBe(0);
  });
});
