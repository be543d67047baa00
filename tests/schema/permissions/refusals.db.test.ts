// Refusals through the graph: every one is in the audit trail before it is answered.
import { expect, test } from 'vitest';
import { Caller, type Scope } from '../../../server/domain/access/caller.ts';
import { readGrant } from '../../../server/domain/grants.ts';
import { DatabaseUnavailable } from '../../../server/store/errors.ts';
import { openGraph, type TestGraph } from '../../support/graph.ts';

const scope = (...permissions: string[]): Scope => permissions.map(readGrant);
const entries = async (graph: TestGraph, filter = '{}') =>
  (
    await graph.data(
      `{ auditEntries(filter: ${filter}) { nodes { action kind name operation outcome actor cloud objectId count requestId } } }`,
    )
  ).auditEntries.nodes as Record<string, unknown>[];

const bob = new Caller({ actor: 'user/bob', scope: scope('read:*:*:*') });

test('has every refusal of a mutation, with what was to be done to which object', async () => {
  const graph = await openGraph({ calm: true });
  const { createNetwork } = await graph.data(
    'mutation { createNetwork(input: { name: "one", cloud: "edge", cidr: "10.0.0.0/8" }) { ... on Network { id } } }',
  );
  const refused = [
    'createNetwork(input: { name: "two", cloud: "edge", cidr: "10.0.0.0/8" })',
    'updateNetwork(by: { name: "one" }, input: { vlan: 7 })',
    'deleteNetwork(by: { name: "one" })',
    'deleteUser(by: { name: "root" })',
    `deleteUser(by: { id: "User:${createNetwork.id.split(':')[1]}" })`,
    'createToken(input: { purpose: API, name: "spy" })',
    'openUplink(input: { name: "north", cloud: "c", environment: "e", instance: "0191d6b0-0000-7000-8000-000000000000", protocol: 1, software: "0", oldest: 0, newest: 0 })',
  ];
  for (const field of refused) {
    const { answer } = await graph.data(`mutation { answer: ${field} { __typename } }`, { caller: bob });
    expect(answer.__typename, field).toBe('Forbidden');
  }
  const found = await entries(graph, '{ outcome: { eq: REFUSED } }');
  const common = { actor: 'user/bob', outcome: 'REFUSED', requestId: 'r1', count: 1 };
  const shown = (action: string, kind: string, name: string, operation: string, cloud: string, objectId: unknown) =>
    expect.objectContaining({ ...common, action, kind, name, operation, cloud, objectId });
  expect(found.toReversed()).toEqual([
    shown('createNetwork', 'Network', 'two', 'CREATE', 'edge', null),
    shown('updateNetwork', 'Network', 'one', 'UPDATE', 'edge', createNetwork.id),
    shown('deleteNetwork', 'Network', 'one', 'DELETE', 'edge', createNetwork.id),
    shown('deleteUser', 'User', 'root', 'DELETE', '*', null),
    shown('deleteUser', 'User', '*', 'DELETE', '*', createNetwork.id.replace('Network', 'User')),
    shown('createToken', 'Token', 'spy', 'CREATE', '*', null),
    shown('openUplink', 'Bastion', 'north', 'UPDATE', '*', null),
  ]);
  // What was refused was not done, and is no event to a watch.
  expect((await graph.data('{ networks { nodes { name vlan } } }')).networks.nodes).toEqual([
    { name: 'one', vlan: null },
  ]);
});

test('has a refusal once with its count, and the refusals of queries and subscriptions', async () => {
  const graph = await openGraph({ calm: true });
  for (let i = 0; i < 5; i++) await graph.ask('{ users { totalCount } }', { caller: bob });
  await graph.ask('{ verifyAudit { ok } }', { scope: scope('admin:a:*:*') });
  expect(await graph.tryFollow('subscription { watchAudit { name } }', { caller: bob })).toHaveProperty('errors');
  expect((await entries(graph)).map(({ action, actor, count }) => [action, actor, count])).toEqual([
    ['watchAudit', 'user/bob', 1],
    ['verifyAudit', 'tester', 1],
    ['users', 'user/bob', 5],
  ]);
});

test('takes hostile names of what is refused', async () => {
  const graph = await openGraph({ calm: true });
  const input = { name: `a\u0000:${'x'.repeat(1_000)}`, purpose: 'API' };
  const document = 'mutation ($input: CreateTokenInput!) { createToken(input: $input) { __typename } }';
  const { createToken } = await graph.data(document, { caller: bob, variables: { input } });
  expect(createToken.__typename).toBe('Forbidden');
  expect((await entries(graph))[0]!['name']).toBe(`a:${'x'.repeat(251)}`);
});

test('answers no refusal that it cannot keep', async () => {
  const graph = await openGraph({ calm: true });
  await graph.db.close();
  const { data, errors } = await graph.ask('mutation { deleteUser(by: { name: "root" }) { __typename } }', {
    caller: bob,
  });
  expect(data).toBeNull();
  expect(errors?.[0]?.originalError).toBeInstanceOf(DatabaseUnavailable);
});
