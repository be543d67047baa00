// What a lock on a server holds off, and what it does not.
import { expect, test } from 'vitest';
import type { Scope } from '../../../server/domain/access/caller.ts';
import { openGraph } from '../../support/graph.ts';

const problem = '__typename ... on UserError { message remedy }';

/** Two servers, a cluster and a VM; what is locked is locked last. */
async function lab() {
  const graph = await openGraph({ calm: true });
  await graph.data(`mutation {
    a: createServer(input: { name: "locked", mac: "52:54:00:00:00:01", environment: "secret" }) { __typename }
    b: createServer(input: { name: "free", mac: "52:54:00:00:00:02" }) { __typename }
    createCluster(input: { name: "k" }) { __typename }
    createClusterMember(input: { cluster: { name: "k" }, server: { name: "locked" }, role: WORKER }) { __typename }
    createVm(input: { name: "vm", vcpus: 1, memoryGb: 1, server: { name: "locked" } }) { __typename }
    updateServer(by: { name: "locked" }, input: { locked: true }) { __typename }
  }`);
  const member = (await graph.db.prisma.clusterMember.findFirstOrThrow()).id;
  const change = async (mutation: string, scope?: Scope) =>
    (await graph.data(`mutation { it: ${mutation} { ${problem} } }`, scope && { scope })).it;
  return { ...graph, change, member };
}

test.each([
  ['changing it', () => 'updateServer(by: { name: "locked" }, input: { role: WORKER })'],
  ['moving it', () => 'updateServer(by: { name: "locked" }, input: { environment: "prod" })'],
  ['forgetting it', () => 'deleteServer(by: { name: "locked" })'],
  [
    'making it a member',
    () => 'createClusterMember(input: { cluster: { name: "other" }, server: { name: "locked" }, role: CONTROL_PLANE })',
  ],
  ['ending its membership', (member: string) => `deleteClusterMember(by: { id: "${member}" })`],
  ['deleting its cluster', () => 'deleteCluster(by: { name: "k" })'],
  ['putting a VM on it', () => 'updateVm(by: { name: "elsewhere" }, input: { server: { name: "locked" } })'],
  ['making a VM on it', () => 'createVm(input: { name: "new", vcpus: 1, memoryGb: 1, server: { name: "locked" } })'],
  ['taking a VM off it', () => 'updateVm(by: { name: "vm" }, input: { server: null })'],
  ['deleting a VM on it', () => 'deleteVm(by: { name: "vm" })'],
])('a locked server refuses %s, and says how it is unlocked', async (_what, mutation) => {
  const { db, change, member, data } = await lab();
  await data(`mutation {
    createCluster(input: { name: "other" }) { __typename }
    createVm(input: { name: "elsewhere", vcpus: 1, memoryGb: 1, server: { name: "free" } }) { __typename }
  }`);
  const before = await db.prisma.change.count();
  expect(await change(mutation(member))).toEqual({
    __typename: 'Conflict',
    message: 'Server "locked" is locked.',
    remedy: expect.stringMatching(/^Unlock it first: lab api 'mutation .*locked: false.*'$/) as string,
  });
  expect(await db.prisma.change.count()).toBe(before);
  await change('updateServer(by: { name: "locked" }, input: { locked: false })');
  expect((await change(mutation(member))).__typename).not.toBe('Conflict');
});

test('what is not the locked server is changed as ever, and unlocking may bring changes with it', async () => {
  const { change, db } = await lab();
  for (const mutation of [
    'updateVm(by: { name: "vm" }, input: { vcpus: 2, server: { name: "locked" } })',
    'updateCluster(by: { name: "k" }, input: { endpoint: "https://k" })',
    'updateServer(by: { name: "free" }, input: { role: WORKER })',
    'updateServer(by: { name: "locked" }, input: { locked: false, role: CONTROL_PLANE })',
  ])
    expect((await change(mutation)).__typename).not.toBe('Conflict');
  expect(await db.prisma.server.findUnique({ where: { name: 'locked' } })).toMatchObject({ role: 'CONTROL_PLANE' });
});

test('a locked server that the caller may not see keeps its name', async () => {
  const { change } = await lab();
  const scope: Scope = [{ action: '*', cloud: '*', environment: 'default', target: '*' }];
  const conflict = await change('deleteVm(by: { name: "vm" })', scope);
  expect(conflict.__typename).toBe('Conflict');
  expect(JSON.stringify(conflict)).not.toContain('\\"locked\\"');
});
