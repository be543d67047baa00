// Starting and stopping as callers meet them: nothing half-answered, nothing left hanging.
import { get } from 'node:http';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { post, startToy } from './toy.ts';

const status = (url: string) => fetch(url).then((response) => response.status);

describe('While labd starts', () => {
  test('it is alive but not ready, and says so to who asks something', async () => {
    const toy = await startToy({ serve: false });
    expect(await status(toy.url.replace('/graphql', '/healthz'))).toBe(200);
    expect(await status(toy.url.replace('/graphql', '/readyz'))).toBe(503);
    expect(await post(toy.url, '{ hello }')).toMatchObject({
      status: 503,
      body: {
        errors: [{ message: expect.stringContaining('starting') as string, extensions: { code: 'UNAVAILABLE' } }],
      },
    });
    await toy.stop();
  });
});

describe('When labd stops', () => {
  test('what is in flight is answered, while what is new is refused and readiness is withdrawn', async () => {
    const toy = await startToy();
    const slow = post(toy.url, '{ slow(ms: 600) }');
    await expect.poll(() => toy.slow.begun).toBe(1);
    const stopped = toy.stop();
    expect(await status(toy.url.replace('/graphql', '/readyz'))).toBe(503);
    expect((await post(toy.url, '{ hello }')).body.errors).toMatchObject([
      { message: expect.stringContaining('stopping') as string },
    ]);
    expect((await slow).body).toEqual({ data: { slow: 'done' } });
    await stopped;
    await expect(fetch(toy.url)).rejects.toThrow();
  });

  test('it waits no longer than it was given', async () => {
    const toy = await startToy();
    const endless = post(toy.url, '{ slow(ms: 60000) }').catch((error: Error) => error);
    await expect.poll(() => toy.slow.begun).toBe(1);
    // The test would time out before the operation ends.
    await toy.server.stop(300);
    expect(await endless).toBeInstanceOf(Error);
  });

  test('WebSockets close with 1001, so that clients come back, and no stream is left open', async () => {
    const toy = await startToy();
    const socket = new WebSocket(toy.url, 'graphql-transport-ws');
    socket.on('open', () => socket.send('{"type":"connection_init"}'));
    const messages: string[] = [];
    socket.on('message', (data: Buffer) => {
      messages.push(data.toString());
      if (messages.length === 1)
        socket.send(
          JSON.stringify({
            id: '1',
            type: 'subscribe',
            payload: { query: 'subscription { ticks(to: 100000, every: 10) { count } }' },
          }),
        );
    });
    const code = new Promise((resolve) => socket.once('close', resolve));
    await expect.poll(() => messages.length).toBeGreaterThan(2);
    await toy.stop();
    expect(await code).toBe(1001);
    expect(messages.some((one) => one.includes('"complete"'))).toBe(false);
    await expect.poll(() => toy.streams.open).toBe(0);
  });

  test('server-sent events end with a complete', async () => {
    const toy = await startToy();
    const text = fetch(toy.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: '{"query":"subscription{ticks(to:100000,every:10){count}}"}',
    }).then((response) => response.text());
    await expect.poll(() => toy.streams.produced).toBeGreaterThan(2);
    await toy.stop();
    expect(await text).toMatch(/event: next\n[\s\S]*event: complete\n/);
    await expect.poll(() => toy.streams.open).toBe(0);
  });

  test('idle connections are no reason to wait', async () => {
    const toy = await startToy();
    await new Promise<void>((resolve) =>
      get(toy.url.replace('/graphql', '/healthz'), { headers: { connection: 'keep-alive' } }, (response) =>
        response.resume().on('end', resolve),
      ),
    );
    // Left alone this connection stays for longer than the test may take.
    await toy.stop();
    await expect(fetch(toy.url)).rejects.toThrow();
  });
});
