// What is told while labd is away from whoever follows it.
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { followOn } from '../../../cli/labd/resume.ts';
import { testTerminal } from '../support.ts';

test('that labd is away is told once for each reason, however often it is tried', async () => {
  // It answers, and is no labd; then nobody listens there.
  const server = createServer((_request, response) => response.writeHead(502).end());
  let tries = 0;
  server.on('upgrade', (_request, socket) => {
    tries += 1;
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
    if (tries === 3) server.close();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const ended = new AbortController();
  const told: string[] = [];
  const terminal = testTerminal();
  let pauses = 0;
  const random = () => {
    pauses += 1;
    if (pauses === 8) ended.abort();
    return 0.001;
  };
  const target = {
    url: `http://127.0.0.1:${port}/graphql`,
    token: undefined,
    from: '',
    terminal: { ...terminal, random },
  };
  await followOn(target, {
    document: 'subscription { x }',
    variables: {},
    after: 'log.1',
    ended: ended.signal,
    each: () => undefined,
    cut: (why) => void told.push(why),
    back: () => undefined,
  });
  expect(tries).toBe(3);
  expect(told).toEqual(['what answers there is not labd (HTTP 502)', 'the connection was refused']);
});
