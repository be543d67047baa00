// How long an operation may run, and what ends it before: over HTTP and over a WebSocket.
import { getEventListeners } from 'node:events';
import { createClient } from 'graphql-ws';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { Caller } from '../../../server/domain/access/caller.ts';
import { Operation } from '../../../server/operation/operation.ts';
import { overWebSocket, post, startToy, type Toy } from '../http/toy.ts';

let toy: Toy;
const start = async (timeLimit: number) => {
  toy = await startToy({ level: 'silent', limits: { timeLimit } });
};
afterEach(() => toy.stop());

const refusal = (words: string) => ({
  errors: [
    expect.objectContaining({
      message: expect.stringContaining(words) as string,
      extensions: { code: 'TIMEOUT' },
    }) as object,
  ],
});

describe('A query past the time limit', () => {
  test('is answered then, with TIMEOUT and 504', async () => {
    await start(100);
    const { status, body } = await post(toy.url, '{ slow(ms: 5000) hello }');
    expect(status).toBe(504);
    expect(body).toEqual(refusal('longer than 0.1 s'));
    expect(await overWebSocket(toy.url, { query: '{ slow(ms: 5000) hello }' })).toEqual({
      data: null,
      ...refusal('longer than 0.1 s'),
    });
  });

  test('ends what still runs for it, by its signal and before its next statement', async () => {
    await start(100);
    expect((await post(toy.url, '{ untilGone }')).status).toBe(504);
    expect(toy.streams.open).toBe(0);
    expect((await post(toy.url, '{ reads }')).status).toBe(504);
    await expect.poll(() => toy.streams.open).toBe(0);
    await overWebSocket(toy.url, { query: '{ reads }' });
    await expect.poll(() => toy.streams.open).toBe(0);
  });

  test('keeps no other waiting, and one within it is answered', async () => {
    await start(1000);
    const [late, ...others] = await Promise.all([
      post(toy.url, '{ slow(ms: 5000) }'),
      post(toy.url, '{ slow(ms: 1) }'),
      post(toy.url, '{ hello }'),
    ]);
    expect(late.status).toBe(504);
    for (const { status, body } of others) expect([status, body.errors]).toEqual([200, undefined]);
  });
});

describe('A mutation past the time limit', () => {
  test('is undone when it has not begun to commit, and says so', async () => {
    await start(100);
    const { status, body } = await post(toy.url, 'mutation { writeLate }');
    expect(status).toBe(504);
    expect(body).toMatchObject(refusal('nothing of this field was written'));
    expect(body.errors![0]!.path).toEqual(['writeLate']);
    const { errors } = (await overWebSocket(toy.url, { query: 'mutation { writeLate }' })) as typeof body;
    expect(errors).toMatchObject([{ extensions: { code: 'TIMEOUT' } }]);
    expect(toy.writes.count).toBe(0);
  });

  test('is answered with all that was selected when it has', async () => {
    await start(100);
    const { status, body } = await post(toy.url, 'mutation { commitLate { n } }');
    expect([status, body]).toEqual([200, { data: { commitLate: { n: 1 } } }]);
    expect(await overWebSocket(toy.url, { query: 'mutation { commitLate { n } }' })).toEqual({
      data: { commitLate: { n: 2 } },
    });
  });

  test('begins nothing more: the next field of the same mutation is not run', async () => {
    await start(100);
    const { body } = await post(toy.url, 'mutation { commitLate { n } writeLate }');
    expect(body.errors).toMatchObject([{ path: ['writeLate'], extensions: { code: 'TIMEOUT' } }]);
    expect(toy.writes.count).toBe(1);
  });
});

test('A subscription lasts longer than the time limit', async () => {
  await start(50);
  const client = createClient({ url: toy.url, webSocketImpl: WebSocket });
  let seen = 0;
  for await (const { errors } of client.iterate({ query: 'subscription { ticks(to: 10, every: 20) { count } }' })) {
    expect(errors).toBeUndefined();
    seen++;
  }
  expect(seen).toBe(10);
  await client.dispose();
});

describe('A caller that goes away', () => {
  test.each(['{ reads }', '{ untilGone }'])('over HTTP ends what runs for it: %s', async (query) => {
    await start(60_000);
    const leaving = new AbortController();
    const request = fetch(toy.url, {
      method: 'POST',
      signal: leaving.signal,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    });
    await expect.poll(() => toy.streams.open).toBe(1);
    leaving.abort();
    await expect(request).rejects.toThrow();
    await expect.poll(() => toy.streams.open).toBe(0);
  });

  test('over a WebSocket ends it too: by completing the operation, or by closing', async () => {
    await start(60_000);
    for (const leave of ['complete', 'close']) {
      const socket = new WebSocket(toy.url, 'graphql-transport-ws');
      await new Promise((resolve) => socket.once('open', resolve));
      socket.send('{"type":"connection_init"}');
      await new Promise((resolve) => socket.once('message', resolve));
      socket.send('{"id":"1","type":"subscribe","payload":{"query":"{ reads }"}}');
      await expect.poll(() => toy.streams.open).toBe(1);
      if (leave === 'complete') socket.send('{"id":"1","type":"complete"}');
      else socket.terminate();
      await expect.poll(() => toy.streams.open).toBe(0);
      socket.terminate();
    }
  });
});

describe('An operation on a connection that lives on', () => {
  const open = (signal: AbortSignal) =>
    new Operation({
      caller: new Caller({ actor: 'tester', scope: [] }),
      requestId: 'r1',
      address: '',
      agent: '',
      backend: {} as never,
      waiting: { gone: false, signal },
      startedAt: 0,
    });

  test('leaves nothing on it when it has ended', async () => {
    await start(1000);
    const { signal } = new AbortController();
    const operation = open(signal);
    expect(operation.signal.aborted).toBe(false);
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    operation.end();
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  test('has a signal that tells why it was stopped, whenever it is asked for', async () => {
    await start(1000);
    const why = new Error('Too late');
    const [before, after] = [open(new AbortController().signal), open(new AbortController().signal)];
    const { signal } = before;
    for (const operation of [before, after]) operation.stop(why);
    expect([signal.reason, after.signal.reason]).toEqual([why, why]);
    expect(() => after.beforeWriting()).toThrow(why);
  });
});
