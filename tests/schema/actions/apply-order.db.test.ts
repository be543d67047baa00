// However the same manifests are shuffled, and into however many applies they are split, the lab ends up the same.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ensureRoles } from '../../../server/domain/access/roles.ts';
import { openGraph, type TestGraph } from '../../support/graph.ts';

const names = ['a', 'b', 'c', 'd'];
const some = <T>(values: readonly T[]) => fc.subarray([...values]);
const digit = (name: string) => names.indexOf(name) + 1;
type Spec = Record<string, unknown>;
interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; labels?: object };
  spec: Spec;
}

const manifest = (kind: string, spec: (name: string) => fc.Arbitrary<Spec>) => (name: string) =>
  fc
    .tuple(spec(name), fc.option(fc.constantFrom({ rack: 'a' }, { rack: 'b', tier: 'c' }, {}), { nil: undefined }))
    .map(([made, labels]): Manifest => {
      const metadata = { name, ...(labels ? { labels } : {}) };
      return { apiVersion: 'lab/v1', kind, metadata, spec: made };
    });
const maybe = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: undefined });
const role = fc.constantFrom('worker', 'Control-Plane');
const defined = (record: fc.Arbitrary<object>) => record.map((one) => JSON.parse(JSON.stringify(one)) as Spec);

/** What the others refer to; all of it is always there, so that any subset of the rest can be applied. */
const base: Record<string, (name: string) => fc.Arbitrary<Manifest>> = {
  Network: manifest('Network', (name) =>
    defined(
      fc.record({
        cidr: fc.constant(`10.${digit(name)}.0.0/16`),
        vlan: maybe(fc.integer({ min: 1, max: 4094 })),
        dhcpEnabled: maybe(fc.boolean()),
      }),
    ),
  ),
  Server: manifest('Server', (name) =>
    defined(
      fc.record({
        mac: fc.constant(`02:00:00:00:00:0${digit(name)}`),
        role: maybe(role),
        maintenance: maybe(fc.boolean()),
      }),
    ),
  ),
  Role: manifest('Role', () =>
    defined(fc.record({ permissions: fc.constant(['read:*:*:*']), description: maybe(fc.constant('x')) })),
  ),
};
const rest: Record<string, (name: string) => fc.Arbitrary<Manifest>> = {
  Cluster: manifest('Cluster', () =>
    defined(
      fc.record({
        members: some(names).chain((servers) =>
          fc.tuple(...servers.map((server) => role.map((part) => ({ server, role: part })))),
        ),
      }),
    ),
  ),
  Vm: manifest('Vm', () =>
    defined(
      fc.record({
        vcpus: fc.integer({ min: 1, max: 8 }),
        memoryGb: fc.constant(2),
        server: maybe(fc.constantFrom(...names)),
        networks: some(names),
      }),
    ),
  ),
  User: manifest('User', () => defined(fc.record({ roles: some(names), disabled: maybe(fc.boolean()) }))),
};

const every = (kinds: typeof base) => fc.tuple(...Object.values(kinds).flatMap((make) => names.map(make)));
const lab = fc
  .tuple(every(base), every(rest))
  .chain(([first, more]) => some(more).map((chosen) => [...first, ...chosen]));

const apply = async ({ data }: TestGraph, manifests: readonly Manifest[]) => {
  const { applyManifests } = await data(
    `mutation ($input: ApplyManifestsInput!) { applyManifests(input: $input) { __typename
      ... on AppliedManifests { outcomes { outcome } } ... on ManifestProblems { problems { name path message } } } }`,
    { variables: { input: { manifests } } },
  );
  expect(applyManifests.problems ?? []).toEqual([]);
  return applyManifests.outcomes.map(({ outcome }: { outcome: string }) => outcome) as string[];
};

const state = ({ data }: TestGraph) =>
  data(`{ networks { nodes { name labels cidr vlan dhcpEnabled } } servers { nodes { name labels bootMac role maintenance } }
    roles { nodes { name labels permissions description } }
    clusters { nodes { name labels members { nodes { role server { name } } } } }
    vms { nodes { name labels vcpus server { name } nics { nodes { network { name } } } } }
    users { nodes { name labels disabled bindings { nodes { role { name } } } } } }`).then((answer) =>
    JSON.parse(JSON.stringify(answer), (_key, value: unknown) =>
      Array.isArray(value) ? value.map((one) => JSON.stringify(one)).sort() : value,
    ),
  );

const empty = async ({ db: { prisma } }: TestGraph) => {
  await prisma.vm.deleteMany();
  await prisma.cluster.deleteMany();
  await prisma.user.deleteMany();
  await prisma.role.deleteMany({ where: { builtin: false } });
  await prisma.server.deleteMany();
  await prisma.network.deleteMany();
};

test(
  'in any order and any split the same comes out, and applying it again changes nothing',
  { timeout: 120_000 },
  async () => {
    const graph = await openGraph({ calm: true });
    await ensureRoles(graph.db);
    const shuffled = lab.chain((all) =>
      fc.tuple(
        fc.constant(all),
        fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length }),
        fc.integer({ min: 1, max: 3 }),
      ),
    );
    await fc.assert(
      fc.asyncProperty(shuffled, async ([all, mixed, parts]) => {
        await empty(graph);
        await apply(graph, all);
        const expected = await state(graph);
        expect(new Set(await apply(graph, mixed))).toEqual(new Set(['UNCHANGED']));
        await empty(graph);
        // A split keeps what others refer to before them; within each part the order is anything.
        const base = mixed.filter(({ kind }) => ['Network', 'Server', 'Role'].includes(kind));
        const more = mixed.filter((one) => !base.includes(one));
        await apply(graph, base.slice(0, parts));
        const size = Math.ceil(more.length / parts);
        await apply(graph, [...more.slice(0, size), ...base.slice(parts)]);
        for (let i = 1; i < parts; i++) await apply(graph, more.slice(i * size, (i + 1) * size));
        expect(await state(graph)).toEqual(expected);
      }),
      { numRuns: 12, seed: 7 },
    );
  },
);
