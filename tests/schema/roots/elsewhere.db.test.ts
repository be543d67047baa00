// A watch tells of what was, in the words of the change log: what is so of an object now is for who may see it now.
import type { ExecutionResult } from 'graphql';
import { expect, test } from 'vitest';
import type { Scope } from '../../../server/domain/access/caller.ts';
import { Conditions, server as about } from '../../../server/domain/ledger/conditions.ts';
import { Ledger } from '../../../server/domain/ledger/ledger.ts';
import { settingsFor } from '../../../server/domain/ledger/settings.ts';
import { tester } from '../../support/database.ts';
import { openGraph, type TestGraph } from '../../support/graph.ts';
import { fill } from '../fleet.ts';

const lab: Scope = [{ action: 'read', cloud: '*', environment: 'lab', target: '*' }];

/** A server that was seen in the lab, was moved to where it is a secret, and has had things happen to it there. */
async function moved(): Promise<TestGraph & { from: string }> {
  const graph = await openGraph({ calm: true });
  const { db, data } = graph;
  await fill(db, 1);
  const move = (environment: string) =>
    data(
      `mutation { updateServer(by: { name: "m-000000" }, input: { environment: "${environment}" }) { __typename } }`,
    );
  await move('lab');
  const from = (await data('{ about { revision } }')).about.revision as string;
  await data('mutation { updateServer(by: { name: "m-000000" }, input: { maintenance: true }) { __typename } }');
  await move('secret');
  const server = await db.prisma.server.findFirstOrThrow();
  await db.write(tester, async (tx) => {
    const ledger = new Ledger(settingsFor(tx).now(), settingsFor(tx).ids);
    ledger.load('Server', [server]);
    const said = { type: 'Stale', reason: 'Unreported', message: 'A secret.' } as const;
    new Conditions(ledger).begin(about(server.id), said);
    await ledger.flush(tx);
  });
  return { ...graph, from };
}

const SIDE = '{ name revision lastSeenAt conditions { message } sightings { source } bastion { name } }';

/** What a watch delivers next, by its type. */
async function next(events: AsyncIterator<ExecutionResult<Record<string, unknown>>>) {
  const { value } = await events.next();
  const [event] = Object.values((value as { data: Record<string, Record<string, unknown>> }).data);
  return event!;
}

test('of what was moved away, a watch that resumes tells nothing that is so now', async () => {
  const graph = await moved();
  const events = await graph.follow(
    `subscription ($after: Revision) { watchServers(after: $after) { __typename
      ... on ServerModified { revision server ${SIDE} } ... on ServerDeleted { revision server ${SIDE} } } }`,
    { scope: lab, variables: { after: graph.from } },
  );
  for (const type of ['ServerModified', 'ServerDeleted']) {
    const { __typename, revision, server } = await next(events);
    expect(__typename).toBe(type);
    const hidden = { lastSeenAt: null, conditions: [], sightings: [], bastion: null };
    expect(server).toEqual({ name: 'm-000000', revision, ...hidden });
  }
});

test('whoever may still see it is told what is so now', async () => {
  const graph = await moved();
  const events = await graph.follow(
    `subscription ($after: Revision) { watchServers(after: $after) { ... on ServerModified { server ${SIDE} } } }`,
    { scope: [...lab, { ...lab[0]!, environment: 'secret' }], variables: { after: graph.from } },
  );
  const { server } = await next(events);
  expect(server).toMatchObject({ conditions: [{ message: 'A secret.' }] });
});

test('an install that went out of sight with its server shows neither its log nor its stages', async () => {
  const graph = await moved();
  const { db, data } = graph;
  const server = await db.prisma.server.findFirstOrThrow();
  await data('mutation { updateServer(by: { name: "m-000000" }, input: { environment: "lab" }) { __typename } }');
  const attempt = await db.prisma.installAttempt.create({
    data: { serverId: server.id, number: 1, profile: 'fedora-43', fromStatus: 'DISCOVERED', phase: 'PACKAGES' },
  });
  const from = (await data('{ about { revision } }')).about.revision as string;
  await data(
    'mutation { updateServer(by: { name: "m-000000" }, input: { name: "hidden", environment: "secret" }) { __typename } }',
  );
  const attemptId = attempt.id;
  await db.prisma.logLine.create({ data: { attemptId, seq: 1, line: 'A secret.' } });
  await db.prisma.installStage.create({ data: { attemptId, name: 'secret', position: 1, startedAt: new Date() } });
  const watch = (scope: Scope) =>
    graph.follow(
      `subscription ($after: Revision) { watchInstalls(after: $after) { __typename ... on InstallAttemptDeleted {
        install { name stages { name } lines { line } server { name } } } ... on InstallAttemptModified {
        install { name stages { name } lines { line } server { name } } } } }`,
      { scope, variables: { after: from } },
    );
  expect(await next(await watch(lab))).toEqual({
    __typename: 'InstallAttemptDeleted',
    install: { name: 'm-000000.1', stages: [], lines: [], server: null },
  });
  expect(await next(await watch([{ ...lab[0]!, environment: '*' }]))).toEqual({
    __typename: 'InstallAttemptModified',
    install: {
      name: 'hidden.1',
      stages: [{ name: 'secret' }],
      lines: [{ line: 'A secret.' }],
      server: { name: 'hidden' },
    },
  });
});
