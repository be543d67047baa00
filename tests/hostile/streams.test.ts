// Streams: the table of WebSockets that do not keep to their protocol, and subscribers that take more than their share.
import { afterEach, describe, expect, test } from 'vitest';
import { hostileCases } from './cases.ts';
import { expectAlive, shareTarget } from './support.ts';
import { init, rows, talk, watch } from './tables/streams.ts';

const target = shareTarget();
afterEach(() => expectAlive(target));
hostileCases(target, rows(target));

describe('a WebSocket', () => {
  test('completes what was never begun, and pings, and goes on', async () => {
    const { said } = await talk(target, [
      init(target),
      { id: 'x', type: 'complete' },
      { type: 'ping' },
      { id: '1', type: 'subscribe', payload: { query: '{ about { version } }' } },
    ]);
    expect(said.map((one) => (JSON.parse(one) as { type: string }).type)).toEqual(
      expect.arrayContaining(['connection_ack', 'pong', 'next', 'complete']),
    );
  });

  test('asks for a thousand and one things at once, and is told that it is too many', async () => {
    const messages = [init(target), ...Array.from({ length: 1_001 }, (_, i) => watch(String(i)))];
    const { said } = await talk(target, messages, { patience: 8_000 });
    expect(said.filter((one) => one.includes('TOO_MANY_OPERATIONS'))).toHaveLength(1);
  });

  test('in another protocol is not taken', async () => {
    // The client gives up, because labd agrees to none.
    expect((await talk(target, [init(target)], { protocol: 'graphql-ws' })).code).toBe(1006);
  });
});

test('a hundred event streams that are left at once leave nothing behind', async () => {
  const metric = async () => {
    const answer = await fetch(new URL('/metrics', target.labd.url), { headers: target.labd.headers });
    return Number(/^labd_subscriptions (\d+)$/m.exec(await answer.text())?.[1]);
  };
  const before = await metric();
  const aborters = Array.from({ length: 100 }, () => new AbortController());
  const answers = await Promise.all(
    aborters.map(({ signal }) =>
      fetch(target.labd.url, {
        method: 'POST',
        signal,
        headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...target.labd.headers },
        body: JSON.stringify({ query: 'subscription { watchServers { __typename } }' }),
      }),
    ),
  );
  expect(answers.every(({ status }) => status === 200)).toBe(true);
  expect(await metric()).toBe(before + 100);
  for (const aborter of aborters) aborter.abort();
  await expect.poll(metric, { timeout: 10_000 }).toBe(before);
});
