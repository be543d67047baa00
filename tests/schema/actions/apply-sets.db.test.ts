// Sets of applied objects, and what pruning them takes.
import { expect, test } from 'vitest';
import { readGrant } from '../../../server/domain/grants.ts';
import { openGraph } from '../../support/graph.ts';
import { apply, house, manifest, said, wrong } from '../manifests.ts';

test('prunes what the set has no more, only that, and only with the permission', async () => {
  const graph = await openGraph();
  const set = { set: 'house' };
  await apply(graph, [manifest('Network', 'mine', { cidr: '10.9.0.0/24' })]);
  await apply(graph, house, set);
  const kept = house.filter(({ kind }) => kind === 'Server' || kind === 'Role');
  expect(said(await apply(graph, kept, set))).toHaveLength(kept.length);
  const scope = ['read:*:*:*', 'apply:*:*:*', 'admin:*:*:*'].map(readGrant);
  const refused = await apply(graph, kept, { ...set, prune: true }, scope);
  expect(new Set(refused.problems.map(({ type }) => type))).toEqual(new Set(['Forbidden']));
  expect(await graph.db.prisma.change.count({ where: { outcome: 'REFUSED', operation: 'DELETE' } })).toBe(5);
  const done = await apply(graph, kept, { ...set, prune: true });
  expect(
    said(done)
      .filter((one) => one.endsWith('PRUNED'))
      .sort(),
  ).toEqual([
    'Bastion/north PRUNED',
    'Cluster/home PRUNED',
    'Network/dmz PRUNED',
    'Network/lab PRUNED',
    'User/ann PRUNED',
    'Vm/web PRUNED',
  ]);
  expect((await graph.db.prisma.network.findMany()).map(({ name }) => name)).toEqual(['mine']);
  expect(await apply(graph, kept, { prune: true })).toMatchObject({ __typename: 'InvalidInput', field: 'input.set' });
});

test('prunes a bastion together with the server that it holds, whichever of them came first', async () => {
  for (const house of [
    ['Bastion', 'Server'],
    ['Server', 'Bastion'],
  ]) {
    const graph = await openGraph({ calm: true });
    const kept = [manifest('Network', 'kept', { cidr: '10.0.0.0/24' })];
    const more = house.map((kind) => manifest(kind, 'a', kind === 'Server' ? { mac: '02:00:00:00:00:0a' } : {}));
    const made = await apply(graph, [...kept, ...more], { set: 'site' });
    expect(wrong(made)).toBeUndefined();
    const { id } = await graph.db.prisma.bastion.findFirstOrThrow();
    await graph.db.prisma.server.updateMany({ data: { bastionId: id } });
    const done = await apply(graph, kept, { set: 'site', prune: true });
    expect(wrong(done)).toBeUndefined();
    expect(said(done)).toEqual(['Network/kept UNCHANGED', 'Bastion/a PRUNED', 'Server/a PRUNED']);
  }
});

test('puts nothing into a set that its caller may not delete: somebody else might prune it', async () => {
  const graph = await openGraph();
  const [mine, theirs] = [manifest('Network', 'mine', { cidr: '10.9.0.0/24' }), manifest('Bastion', 'prod')];
  await apply(graph, [theirs]);
  await apply(graph, [mine], { set: 'site' });
  const scope = ['read:*:*:*', 'apply:*:*:*', 'destroy:*:*:networks/*'].map(readGrant);
  expect(wrong(await apply(graph, [mine, theirs], { set: 'site' }, scope))).toEqual([
    '1  Forbidden: What is in the set "site" or was is pruned with it, and you may not destroy bastion "prod".',
  ]);
  expect(said(await apply(graph, [mine], { set: 'site', prune: true }))).toEqual(['Network/mine UNCHANGED']);
  expect(await graph.db.prisma.bastion.count()).toBe(1);
});

test('takes nothing out of a set that its caller may not delete', async () => {
  const graph = await openGraph();
  const [mine, theirs] = [manifest('Network', 'mine', { cidr: '10.9.0.0/24' }), manifest('Bastion', 'prod')];
  for (const set of ['site', 'other']) await apply(graph, [theirs], { set });
  const scope = ['read:*:*:*', 'apply:*:*:*', 'destroy:*:*:networks/*'].map(readGrant);
  const refused = await apply(graph, [mine], { set: 'site', prune: true }, scope);
  expect(refused.problems).toMatchObject([{ name: 'prod', permission: 'destroy:default:default:bastions/prod' }]);
  expect(await graph.db.prisma.applySetMember.count()).toBe(2);
});
