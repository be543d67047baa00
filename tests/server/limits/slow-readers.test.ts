// Peers that do not read what they asked for cost a bounded amount of memory, and only themselves.
import { connect, type Socket } from 'node:net';
import { createClient } from 'graphql-ws';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { post, startToy, type Toy, type ToyOptions } from '../http/toy.ts';

let toy: Toy;
const sockets: (Socket | WebSocket)[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) {
    if (socket instanceof WebSocket) socket.terminate();
    else socket.destroy();
  }
  await toy.stop();
});

const start = async (limits: NonNullable<ToyOptions['limits']>) => {
  toy = await startToy({ level: 'silent', limits });
};

/** A WebSocket that subscribes `times` times to endless 64 KB events, and then reads no more. */
async function subscribeAndStall(times: number): Promise<WebSocket> {
  const socket = new WebSocket(toy.url, 'graphql-transport-ws');
  sockets.push(socket);
  await new Promise((resolve) => socket.once('open', resolve));
  socket.send('{"type":"connection_init"}');
  await new Promise((resolve) => socket.once('message', resolve));
  socket.pause();
  for (let id = 0; id < times; id++) {
    socket.send(
      JSON.stringify({
        id: String(id),
        type: 'subscribe',
        payload: { query: 'subscription { ticks(to: 1000000, size: 65536) { count padding } }' },
      }),
    );
  }
  return socket;
}

describe('A WebSocket that stops reading', () => {
  test('is sent no more than the network holds: its subscription waits', async () => {
    await start({ stalledEvery: 60_000, keepAlive: 60_000 });
    await subscribeAndStall(1);
    let before = -1;
    await expect
      .poll(
        () => {
          const same = toy.streams.produced > 10 && toy.streams.produced === before;
          before = toy.streams.produced;
          return same;
        },
        { interval: 300, timeout: 20_000 },
      )
      .toBe(true);
    expect(toy.streams.produced).toBeLessThan(1000);
    expect(toy.streams.open).toBe(1);
  });

  test('is cut after a while, alone: others get every event', async () => {
    await start({ stalledEvery: 200, keepAlive: 60_000 });
    await subscribeAndStall(1);
    const client = createClient({ url: toy.url, webSocketImpl: WebSocket });
    let seen = 0;
    for await (const _ of client.iterate({ query: 'subscription { ticks(to: 100, every: 10) { count } }' })) seen++;
    expect(seen).toBe(100);
    await expect.poll(() => toy.streams.open, { timeout: 10_000 }).toBe(0);
    await client.dispose();
  });

  test('is cut when it has asked for more than may wait', async () => {
    await start({ stalledEvery: 60_000, keepAlive: 60_000, maxWaiting: 1024 * 1024 });
    await subscribeAndStall(200);
    await expect.poll(() => toy.streams.open, { timeout: 10_000 }).toBe(0);
  });

  test('and answers no ping is cut', async () => {
    await start({ stalledEvery: 60_000, keepAlive: 100 });
    const socket = new WebSocket(toy.url, 'graphql-transport-ws', { autoPong: false });
    sockets.push(socket);
    const code = await new Promise((resolve) => socket.once('close', resolve));
    expect(code).toBe(1006);
  });

  test('and answers pings stays', async () => {
    await start({ stalledEvery: 60_000, keepAlive: 50 });
    const client = createClient({ url: toy.url, webSocketImpl: WebSocket });
    let seen = 0;
    for await (const _ of client.iterate({ query: 'subscription { ticks(to: 5, every: 150) { count } }' })) seen++;
    expect(seen).toBe(5);
    await client.dispose();
  });
});

describe('A stream whose events are all there at once', () => {
  test('leaves the others their turn', async () => {
    await start({});
    const client = createClient({ url: toy.url, webSocketImpl: WebSocket });
    const endless = client.iterate({ query: 'subscription { ticks(to: 1000000000) { count } }' });
    const reading = (async () => {
      for await (const _ of endless);
    })();
    const events = await fetch(toy.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: '{"query":"subscription{ticks(to:1000000000){count}}"}',
    });
    for (let n = 0; n < 5; n++) expect((await post(toy.url, '{ hello }')).status).toBe(200);
    await events.body!.cancel();
    await endless.return!();
    await reading;
    await client.dispose();
    await expect.poll(() => toy.streams.open).toBe(0);
  });
});

describe('A reader of server-sent events that stops reading', () => {
  test('is cut after a while, and its subscription ends', async () => {
    await start({ stalledEvery: 200 });
    const socket = connect(toy.server.port, '127.0.0.1');
    sockets.push(socket);
    const body = '{"query":"subscription{ticks(to:1000000,size:65536){count padding}}"}';
    socket.write(
      `POST /graphql HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    socket.pause();
    await expect.poll(() => toy.streams.open).toBe(1);
    await expect.poll(() => toy.streams.open, { timeout: 10_000 }).toBe(0);
    expect(toy.streams.produced).toBeLessThan(1000);
  });
});

describe('One connection', () => {
  test('has a bounded number of operations open at once', async () => {
    await start({ maxOperations: 3 });
    const client = createClient({ url: toy.url, webSocketImpl: WebSocket, lazy: false });
    const events = [1, 2, 3].map(() =>
      client.iterate({ query: 'subscription { ticks(to: 100000, every: 20) { count } }' }),
    );
    for (const one of events) await one.next();
    await expect(client.iterate({ query: '{ hello }' }).next()).rejects.toMatchObject([
      { extensions: { code: 'TOO_MANY_OPERATIONS' } },
    ]);
    await events[0]!.return!();
    await expect
      .poll(async () =>
        client
          .iterate({ query: '{ hello }' })
          .next()
          .then(
            ({ value }) => (value as { data?: unknown }).data,
            () => undefined,
          ),
      )
      .toEqual({ hello: 'hello world' });
    await client.dispose();
  });
});
