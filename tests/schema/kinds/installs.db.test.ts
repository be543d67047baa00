// Install attempts in the graph: their stages, their log in parts, and the log as it is written.
import { expect, test } from 'vitest';
import type { Scope } from '../../../server/domain/access/caller.ts';
import { openGraph } from '../../support/graph.ts';

/** An open attempt of a server with ten lines. */
async function lab() {
  const graph = await openGraph({ calm: true });
  const { prisma } = graph.db;
  const server = await prisma.server.create({
    data: { name: 'web.lab', bootMac: '52:54:00:00:00:01', status: 'PROVISIONING' },
  });
  const at = new Date('2026-01-01T00:00:00Z');
  const attempt = await prisma.installAttempt.create({
    data: {
      serverId: server.id,
      number: 3,
      profile: 'fedora-43',
      fromStatus: 'DISCOVERED',
      phase: 'PACKAGES',
      stages: {
        create: [
          { name: 'pre', position: 1, startedAt: at, finishedAt: new Date(at.getTime() + 1_500) },
          { name: 'packages', position: 2, message: '12 of 400', startedAt: at },
        ],
      },
    },
  });
  const write = (from: number, count: number) =>
    graph.db.write({ actor: 'test', action: 'test', requestId: '', address: '' }, ({ client }) =>
      client.logLine.createMany({
        data: Array.from({ length: count }, (_, i) => ({
          attemptId: attempt.id,
          seq: from + i,
          line: `line ${from + i}`,
        })),
      }),
    );
  await write(0, 10);
  return { ...graph, prisma, server, attempt, write };
}

test('has its stages with what they took, and its log in parts of a bounded size', async () => {
  const { data, ask } = await lab();
  const { install } = await data(`{ install(by: { name: "web.lab.3" }) {
    name number phase outcome failure { reason } stages { name duration message }
    some: lines(first: 2, after: 3) { sequence line } tail: lines(last: 3) { line }
    none: lines(first: 2, after: 9) { line }
  } }`);
  expect(install).toEqual({
    name: 'web.lab.3',
    number: 3,
    phase: 'PACKAGES',
    outcome: null,
    failure: null,
    stages: [
      { name: 'pre', duration: 1.5, message: null },
      { name: 'packages', duration: null, message: '12 of 400' },
    ],
    some: [
      { sequence: 4, line: 'line 4' },
      { sequence: 5, line: 'line 5' },
    ],
    tail: [{ line: 'line 7' }, { line: 'line 8' }, { line: 'line 9' }],
    none: [],
  });
  for (const wrong of ['first: 1001', 'last: -1', 'first: 1, last: 1']) {
    const { errors } = await ask(`{ install(by: { name: "web.lab.3" }) { lines(${wrong}) { line } } }`);
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT' });
  }
  for (const absent of ['web.lab', 'web.lab.4', 'other.3', 'web.lab.99999999999'])
    expect(await data(`{ install(by: { name: "${absent}" }) { name } }`)).toEqual({ install: null });
});

test('its log is followed from any line, and the end of the install ends that', async () => {
  const { follow, prisma, attempt, write } = await lab();
  const lines = await follow('subscription { installLog(by: { name: "web.lab.3" }, after: 7) { sequence line } }');
  const next = async () => (await lines.next()).value?.data?.['installLog'] as unknown;
  expect(await next()).toEqual({ sequence: 8, line: 'line 8' });
  expect(await next()).toEqual({ sequence: 9, line: 'line 9' });
  const coming = next();
  await write(10, 1_200);
  expect(await coming).toEqual({ sequence: 10, line: 'line 10' });
  await prisma.installAttempt.update({ where: { id: attempt.id }, data: { finishedAt: new Date() } });
  let last: unknown;
  let count = 0;
  for await (const { data } of lines) {
    last = data?.['installLog'];
    count++;
  }
  expect(last).toEqual({ sequence: 1209, line: 'line 1209' });
  expect(count).toBe(1_199);
});

test('a log that waits for its next line lets itself be ended, and is for those who may read the server', async () => {
  const { follow, tryFollow } = await lab();
  const lines = await follow('subscription { installLog(by: { name: "web.lab.3" }, after: 9) { line } }');
  const coming = lines.next();
  await lines.return?.();
  expect(await coming).toEqual({ done: true, value: undefined });
  const scope: Scope = [{ action: 'read', cloud: '*', environment: '*', target: 'db*' }];
  const hidden = await tryFollow('subscription { installLog(by: { name: "web.lab.3" }) { line } }', { scope });
  expect('errors' in hidden && hidden.errors[0]?.extensions).toMatchObject({ code: 'NOT_FOUND' });
});
