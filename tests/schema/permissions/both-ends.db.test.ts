// What ties two objects together changes both: it takes the permission on either.
import { expect, test } from 'vitest';
import { readGrant } from '../../../server/domain/grants.ts';
import { openGraph } from '../../support/graph.ts';

const mine = ['read:*:*:*', 'apply:*:lab:*'];

/** A server of the caller's own, and a cluster and a server of others. */
async function tenants() {
  const graph = await openGraph({ calm: true });
  await graph.data(`mutation {
    a: createServer(input: { name: "mine", mac: "02:aa:00:00:00:01", environment: "lab" }) { __typename }
    b: createServer(input: { name: "theirs", mac: "02:aa:00:00:00:02", environment: "prod" }) { __typename }
    c: createCluster(input: { name: "prod", environment: "prod" }) { __typename } }`);
  const answer = async (mutation: string, ...permissions: string[]) =>
    (
      await graph.data(`mutation { it: ${mutation} { __typename ... on Forbidden { permission } } }`, {
        scope: permissions.map(readGrant),
      })
    ).it;
  return { ...graph, answer };
}

test('nobody brings a server into a cluster who may not change the cluster; to take it out again takes the server alone', async () => {
  const { db, answer } = await tenants();
  const join = 'createClusterMember(input: { cluster: { name: "prod" }, server: { name: "mine" }, role: WORKER })';
  expect(await answer(join, ...mine)).toEqual({
    __typename: 'Forbidden',
    permission: 'apply:default:prod:clusters/prod',
  });
  expect(await db.prisma.change.count({ where: { outcome: 'REFUSED', action: 'createClusterMember' } })).toBe(1);
  expect(await answer(join, ...mine, 'apply:*:prod:clusters/*')).toEqual({ __typename: 'ClusterMember' });
  const { id } = await db.prisma.clusterMember.findFirstOrThrow();
  const leave = `deleteClusterMember(by: { id: "${id}" })`;
  expect(await answer(leave, ...mine, 'destroy:*:lab:*')).toEqual({ __typename: 'ClusterMember' });
});

test('nobody puts a VM on a server who may not change the server', async () => {
  const { answer } = await tenants();
  const make = (on: string) =>
    `createVm(input: { name: "on-${on}", environment: "lab", vcpus: 1, memoryGb: 1, server: { name: "${on}" } })`;
  const forbidden = { __typename: 'Forbidden', permission: 'apply:default:prod:theirs' };
  expect(await answer(make('theirs'), ...mine)).toEqual(forbidden);
  expect(await answer(make('mine'), ...mine)).toEqual({ __typename: 'Vm' });
  const move = 'updateVm(by: { name: "on-mine" }, input: { server: { name: "theirs" } })';
  expect(await answer(move, ...mine)).toEqual(forbidden);
  expect(await answer(move, ...mine, 'apply:*:prod:theirs')).toEqual({ __typename: 'Vm' });
  expect(await answer('updateVm(by: { name: "on-mine" }, input: { server: null })', ...mine)).toEqual({
    __typename: 'Vm',
  });
});
