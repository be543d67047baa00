// Which bastions and profiles go together, over many places: told alike for all of them, and in as many statements.
import { expect, test } from 'vitest';
import { SHIPPED } from '../../../server/domain/fleet/contract/profiles.ts';
import { readGrant } from '../../../server/domain/grants.ts';
import { openGraph } from '../../support/graph.ts';

const two = (n: number) => String(n).padStart(2, '0');

/** Places with a bastion and a profile each, beside two profiles that come with labd, one of them withdrawn. */
async function lab(places: number) {
  const graph = await openGraph({ calm: true });
  const { prisma } = graph.db;
  const what = { title: 'T', installer: 'custom' };
  await prisma.profile.createMany({
    data: [
      { name: 'shipped', ...what, ...SHIPPED },
      { name: 'once', ...what, ...SHIPPED, withdrawn: true },
      ...Array.from({ length: places }, (_, i) => ({ name: `own-${two(i)}`, ...what, environment: `e${two(i)}` })),
    ],
  });
  await prisma.bastion.createMany({
    data: Array.from({ length: places }, (_, i) => ({ name: `b-${two(i)}`, environment: `e${two(i)}` })),
  });
  await prisma.bastion.create({ data: { name: 'revoked', environment: 'e00', revokedAt: new Date() } });
  return graph;
}

const BASTIONS =
  '{ bastions(filter: { name: { startsWith: "b-" } }) { nodes { name profiles { profileName: profile { name } } } } }';
const PROFILES = '{ profiles { nodes { name bastions { bastionName: bastion { name } } } } }';

test.each([BASTIONS, PROFILES])('%s takes as many statements for 30 places as for 3', async (query) => {
  const counts = [];
  for (const places of [3, 30]) {
    const { db, data } = await lab(places);
    db.clear();
    await data(query);
    counts.push(db.statements.length);
  }
  expect(counts[1]).toBe(counts[0]);
  // The list, what goes with its rows, and the objects that the pairs lead to.
  expect(counts[0]).toBe(3);
});

test('each place has its own, and those that come with labd', async () => {
  const { data } = await lab(3);
  const { bastions } = await data(BASTIONS);
  const served = (name: string) => [{ profileName: { name } }, { profileName: { name: 'shipped' } }];
  expect(bastions.nodes).toEqual([
    { name: 'b-00', profiles: served('own-00') },
    { name: 'b-01', profiles: served('own-01') },
    { name: 'b-02', profiles: served('own-02') },
  ]);
  const { profiles } = await data(PROFILES);
  const those = (...names: string[]) => names.map((name) => ({ bastionName: { name } }));
  expect(profiles.nodes).toEqual([
    { name: 'once', bastions: those('b-00', 'b-01', 'b-02') },
    { name: 'own-00', bastions: those('b-00') },
    { name: 'own-01', bastions: those('b-01') },
    { name: 'own-02', bastions: those('b-02') },
    { name: 'shipped', bastions: those('b-00', 'b-01', 'b-02') },
  ]);
});

test('of each place the first hundred by name are told', async () => {
  const { db, data } = await lab(2);
  const more = Array.from({ length: 120 }, (_, i) => `x-${String(i).padStart(3, '0')}`);
  await db.prisma.profile.createMany({
    data: more.map((name) => ({ name, title: 'T', installer: 'custom', environment: 'e01' })),
  });
  await db.prisma.bastion.createMany({ data: more.map((name) => ({ name, environment: 'e01' })) });
  const { bastions } = await data(BASTIONS);
  const named = bastions.nodes.map((one: { profiles: { profileName: { name: string } }[] }) =>
    one.profiles.map(({ profileName }) => profileName.name),
  );
  expect(named).toEqual([
    ['own-00', 'shipped'],
    ['own-01', 'shipped', ...more.slice(0, 98)],
  ]);
  const { profiles } = await data(PROFILES);
  const counts = Object.fromEntries(
    profiles.nodes.map((one: { name: string; bastions: unknown[] }) => [one.name, one.bastions.length]),
  );
  expect(counts).toMatchObject({ 'own-00': 1, 'own-01': 100, shipped: 100 });
});

test.each([
  { scope: ['read:default:e01:*'], bastions: ['b-01'], profiles: ['own-01', 'shipped'] },
  {
    scope: ['read:default:e0*:bastions/b-0*', 'read:default:e02:profiles/*'],
    bastions: ['b-00', 'b-01', 'b-02'],
    profiles: ['own-02', 'shipped'],
  },
  { scope: ['read:default:*:bastions/b%'], bastions: [], profiles: ['shipped'] },
])('whoever may $scope is told of no others', async ({ scope, bastions, profiles }) => {
  const { data } = await lab(3);
  const by = { scope: scope.map(readGrant) };
  type Pairs = {
    profiles: { profileName: { name: string } | null }[];
    bastions: { bastionName: { name: string } | null }[];
  }[];
  const seen = ((await data(BASTIONS, by))['bastions'].nodes as Pairs).flatMap((one) => one.profiles);
  expect([...new Set(seen.map(({ profileName }) => profileName!.name))].sort()).toEqual(
    bastions.length ? profiles : [],
  );
  const there = ((await data(PROFILES, by))['profiles'].nodes as Pairs).flatMap((one) => one.bastions);
  expect([...new Set(there.map(({ bastionName }) => bastionName!.name))].sort()).toEqual(bastions);
});
