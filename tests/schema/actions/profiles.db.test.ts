// OS profiles in the graph: those that come with labd are everybody's to read and nobody's to change, and copies of them
// serve the place that they lie in.
import { describe, expect, test } from 'vitest';
import type { Profile } from '../../../common/install/plan.ts';
import type { Scope } from '../../../server/domain/access/caller.ts';
import { BLANK } from '../../../server/domain/fleet/contract/profiles.ts';
import { ensureProfiles } from '../../../server/domain/fleet/profiles/ensure.ts';
import { shippedProfiles } from '../../../common/install/profiles/shipped.ts';
import { readGrant } from '../../../server/domain/grants.ts';
import { openGraph, type TestGraph } from '../../support/graph.ts';

const scope = (...permissions: string[]): Scope => permissions.map(readGrant);
const problem =
  '__typename ... on UserError { message remedy } ... on InvalidInput { field } ... on Forbidden { permission }';

const shipped: readonly Profile[] = [
  {
    ...BLANK,
    name: 'one-1',
    title: 'One 1',
    installer: 'custom',
    mirror: 'https://one.example/1',
    stages: ['queued', 'done'],
  },
  {
    ...BLANK,
    name: 'one-2',
    title: 'One 2',
    installer: 'custom',
    mirror: 'https://one.example/2',
    templates: { 'ks.cfg': 'text\n' },
  },
];

async function open(): Promise<TestGraph> {
  const graph = await openGraph({ calm: true });
  await ensureProfiles(graph.db, shipped);
  return graph;
}

type Said = Record<string, unknown>;
const answer = `{ ${problem} ... on Profile { name title cloud environment shipped } }`;

const create = async ({ data }: TestGraph, input: object, by?: Scope): Promise<Said> =>
  (
    await data(`mutation ($input: CreateProfileInput!) { it: createProfile(input: $input) ${answer} }`, {
      variables: { input },
      ...(by && { scope: by }),
    })
  )['it'];
const update = async ({ data }: TestGraph, name: string, input: object): Promise<Said> =>
  (
    await data(
      `mutation ($input: UpdateProfileInput!) { it: updateProfile(by: { name: "${name}" }, input: $input) ${answer} }`,
      { variables: { input } },
    )
  )['it'];

const names = async ({ data }: TestGraph, by?: Scope) =>
  (await data('{ profiles { nodes { name } } }', by && { scope: by }))['profiles'].nodes.map(({ name }: Said) => name);

describe('profiles that come with labd', () => {
  test('are made once, follow what labd has, and are marked once it has them no more', async () => {
    const graph = await open();
    const { db } = graph;
    const rev = async () => (await db.prisma.head.findFirstOrThrow()).rev;
    const before = await rev();
    await ensureProfiles(db, shipped);
    expect(await rev()).toBe(before);
    await ensureProfiles(db, [{ ...shipped[0]!, title: 'One 1.1' }]);
    const read = async (name: string) =>
      (await graph.data(`{ profile(by: { name: "${name}" }) { title withdrawn shipped version } }`))['profile'];
    expect(await read('one-1')).toEqual({ title: 'One 1.1', withdrawn: false, shipped: true, version: 2 });
    expect(await read('one-2')).toEqual({ title: 'One 2', withdrawn: true, shipped: true, version: 2 });
    await ensureProfiles(db, shipped);
    expect(await read('one-2')).toMatchObject({ withdrawn: false });
  });

  test('leave a profile alone to which people gave that name', async () => {
    const graph = await open();
    await create(graph, { name: 'one-3', installer: 'custom' });
    const next = { ...shipped[0]!, name: 'one-3' };
    expect(await ensureProfiles(graph.db, [...shipped, next])).toEqual(['one-3']);
    expect(await graph.db.prisma.profile.findUnique({ where: { name: 'one-3' } })).toMatchObject({
      installer: 'custom',
      cloud: 'default',
    });
  });

  test('are read by whoever may do anything at all, and changed by nobody', async () => {
    const graph = await open();
    await create(graph, { name: 'own', installer: 'custom' });
    expect(await names(graph)).toEqual(['one-1', 'one-2', 'own']);
    expect(await names(graph, scope('apply:a:b:web-*'))).toEqual(['one-1', 'one-2']);
    expect((await graph.ask('{ profiles { totalCount } }', { scope: [] })).errors).toHaveLength(1);
    const refused = {
      __typename: 'Conflict',
      message: 'Profile "one-1" came with labd, which alone changes it.',
      remedy: 'Make a copy and change that: lab create profile NAME --from one-1.',
    };
    expect(await update(graph, 'one-1', { title: 'Mine' })).toEqual(refused);
    expect(await update(graph, 'one-1', { cloud: 'a' })).toEqual(refused);
    expect((await graph.data(`mutation { it: deleteProfile(by: { name: "one-1" }) ${answer} }`))['it']).toEqual(
      refused,
    );
    const made = await graph.db.prisma.change.findFirstOrThrow({ where: { kind: 'Profile', name: 'one-1' } });
    const { undoChange } = await graph.data(`mutation { undoChange(revision: "rev:${made.rev}") { ${problem} } }`);
    expect(undoChange).toEqual(refused);
  });

  test('have a place that nothing else gets into', async () => {
    const graph = await open();
    const place = { cloud: 'lab', environment: 'shipped' };
    const refused = { __typename: 'InvalidInput', field: 'input.environment' };
    expect(await create(graph, { name: 'own', installer: 'custom', ...place })).toMatchObject(refused);
    await create(graph, { name: 'own', installer: 'custom' });
    expect(await update(graph, 'own', place)).toMatchObject(refused);
  });

  test('can all be kept as they are', async () => {
    const graph = await openGraph({ calm: true });
    await ensureProfiles(graph.db);
    for (const { name } of shippedProfiles())
      expect(await create(graph, { name: `my-${name.replaceAll('.', '-')}`, from: { name } })).toMatchObject({
        __typename: 'Profile',
      });
    // labd's own may have the dot of a version in their names; nobody else's has.
    expect(await create(graph, { name: 'my-24.04', from: { name: 'ubuntu-24.04' } })).toMatchObject({
      __typename: 'InvalidInput',
      field: 'input.name',
    });
  });
});

describe('a copy', () => {
  test('has what the other one says, but for what is said of it', async () => {
    const graph = await open();
    const made = await create(graph, { name: 'web', from: { name: 'one-1' }, title: 'Web', environment: 'prod' });
    expect(made).toEqual({
      __typename: 'Profile',
      name: 'web',
      title: 'Web',
      cloud: 'default',
      environment: 'prod',
      shipped: false,
    });
    const { profile } = await graph.data(
      '{ profile(by: { name: "web" }) { installer mirror stages sums needs disk } }',
    );
    expect(profile).toEqual({
      installer: 'custom',
      mirror: 'https://one.example/1',
      stages: ['queued', 'done'],
      sums: null,
      needs: BLANK.needs,
      disk: BLANK.disk,
    });
    // It goes its own way.
    await update(graph, 'web', { mirror: 'https://web.example' });
    expect(await graph.db.prisma.profile.findUnique({ where: { name: 'one-1' } })).toMatchObject({
      mirror: 'https://one.example/1',
    });
  });

  test('is made only of what one may read, where one may make it', async () => {
    const graph = await open();
    await create(graph, { name: 'far', installer: 'custom', cloud: 'far' });
    const here = scope('read:default:*:*', 'apply:default:*:*');
    expect(await create(graph, { name: 'mine', from: { name: 'one-1' } }, here)).toMatchObject({ name: 'mine' });
    for (const name of ['far', 'nowhere'])
      expect(await create(graph, { name: 'other', from: { name } }, here)).toMatchObject({
        __typename: 'InvalidInput',
        field: 'input.from',
        message: 'There is no such profile.',
      });
    expect(await create(graph, { name: 'other', from: { name: 'one-1' }, cloud: 'far' }, here)).toMatchObject({
      permission: 'apply:far:default:profiles/other',
    });
  });

  test('says that it needs an installer when it is a copy of nothing', async () => {
    expect(await create(await open(), { name: 'own' })).toMatchObject({
      field: 'input.installer',
      remedy: expect.stringContaining('lab create profile NAME --from'),
    });
  });

  test('is undone, history and manifests included', async () => {
    const graph = await open();
    await create(graph, { name: 'web', from: { name: 'one-2' } });
    await update(graph, 'web', { disk: { kind: 'nvme', pick: 'smallest' } });
    const latest = await graph.db.prisma.change.findFirstOrThrow({ where: { name: 'web' }, orderBy: { rev: 'desc' } });
    await graph.data(`mutation { undoChange(revision: "rev:${latest.rev}") { __typename } }`);
    const { profile } = await graph.data(
      '{ profile(by: { name: "web" }) { disk templates history { nodes { operation changes { field } } } } }',
    );
    expect(profile).toMatchObject({ disk: BLANK.disk, templates: { 'ks.cfg': 'text\n' } });
    expect(profile.history.nodes.slice(0, 2)).toEqual([
      { operation: 'UPDATE', changes: [{ field: 'disk' }] },
      { operation: 'UPDATE', changes: [{ field: 'disk' }] },
    ]);
    const manifest = {
      apiVersion: 'lab/v1',
      kind: 'Profile',
      metadata: { name: 'web' },
      spec: { sums: null, disk: { wwn: 5 } },
    };
    const { applyManifests } = await graph.data(
      `mutation ($input: ApplyManifestsInput!) { applyManifests(input: $input) { ... on ManifestProblems { problems { path message } } } }`,
      { variables: { input: { manifests: [manifest] } } },
    );
    expect(applyManifests.problems).toEqual([{ path: 'spec.disk.wwn', message: 'It has to be a text, and is 5.' }]);
  });
});

/** What is refused: a part of a profile, its value, and the path that the refusal names. */
const WRONG: readonly (readonly [part: string, value: unknown, field: string])[] = [
  ['files', [{ use: 'kernel', path: '../linux' }], 'input.files[0].path'],
  ['files', [{ use: 'kernel', path: '/linux' }], 'input.files[0].path'],
  ['files', [{ use: 'boot', path: 'linux' }], 'input.files[0].use'],
  ['files', [{ path: 'linux' }], 'input.files[0].use'],
  ['files', [{ use: 'kernel', path: 'linux', sha256: 'ABC' }], 'input.files[0].sha256'],
  ['files', [{ use: 'kernel', path: 'linux', bytes: -1 }], 'input.files[0].bytes'],
  ['files', {}, 'input.files'],
  ['mirror', 'https://me:secret@mirror.example', 'input.mirror'],
  ['mirror', 'ftp://mirror.example', 'input.mirror'],
  ['sums', { form: 'md5', path: 'SUMS' }, 'input.sums.form'],
  ['installer', 'yast', 'input.installer'],
  ['architecture', 'sparc', 'input.architecture'],
  ['templates', { '../ks.cfg': '' }, 'input.templates (a key)'],
  ['templates', { 'ks.cfg': 'a\u0000b' }, 'input.templates.ks.cfg'],
  ['templates', { 'ks.cfg': '\ud800' }, 'input.templates.ks.cfg'],
  ['templates', { 'ks.cfg': 'x'.repeat(140_000) }, 'input.templates.ks.cfg'],
  ['parameters', [{ name: 'a b', type: 'text' }], 'input.parameters[0].name'],
  ['parameters', [{ name: 'a', type: 'any' }], 'input.parameters[0].type'],
  ['parameters', [{ name: 'a', type: 'number', default: 'x' }], 'input.parameters[0].default'],
  ['parameters', [{ name: 'a', type: 'text', secret: true, default: 'hunter2' }], 'input.parameters[0].default'],
  [
    'parameters',
    [
      { name: 'a', type: 'text' },
      { name: 'a', type: 'text' },
    ],
    'input.parameters[1].name',
  ],
  ['parameters', [{ name: 'a', type: 'users', default: [{ name: 'Root' }] }], 'input.parameters[0].default[0].name'],
  ['needs', { memory: 4 }, 'input.needs.memory'],
  ['needs', { firmware: ['OPENBOOT'] }, 'input.needs.firmware[0]'],
  ['disk', { pick: 'any' }, 'input.disk.pick'],
  ['stages', ['queued', 'booted'], 'input.stages[1]'],
  ['stages', ['post', 'pre'], 'input.stages[1]'],
];

test('what is wrong in a part is refused by its path, with what to do', async () => {
  const graph = await open();
  for (const [part, value, field] of WRONG)
    expect(await create(graph, { name: 'own', installer: 'custom', [part]: value }), field).toMatchObject({
      __typename: 'InvalidInput',
      field,
      remedy: expect.stringMatching(/[.?]$/),
    });
  expect(await graph.db.prisma.profile.count()).toBe(2);
});

test('a server is installed with what its own place has, or what comes with labd', async () => {
  const graph = await open();
  const { prisma } = graph.db;
  const { id: bastionId } = await prisma.bastion.create({ data: { name: 'site' } });
  await create(graph, { name: 'here', from: { name: 'one-1' } });
  await create(graph, { name: 'there', from: { name: 'one-1' }, environment: 'prod' });
  let count = 0;
  const provision = async (os: string, by?: Scope) => {
    const name = `s${++count}`;
    const disks = { create: { name: 'sda', sizeGb: 480, serial: 'D1' } };
    await prisma.server.create({ data: { name, bootMac: `52:54:00:00:00:0${count}`, bastionId, disks } });
    const { it } = await graph.data(
      `mutation { it: provisionServer(by: { name: "${name}" }, input: { os: "${os}" }) { ${problem} } }`,
      by && { scope: by },
    );
    return it as Said;
  };
  for (const os of ['here', 'one-1', ' ONE-2 ']) expect(await provision(os)).toEqual({ __typename: 'Server' });
  expect(await provision('there')).toEqual({
    __typename: 'InvalidInput',
    field: 'input.os',
    message: 'Profile "there" serves the servers in default/prod, and server "s4" is in default/default.',
    remedy: 'Make a copy there: lab create profile NAME --from there --cloud default --environment default.',
  });
  expect(await provision('on-1')).toMatchObject({
    message: 'There is no OS profile "on-1".',
    remedy: 'Did you mean "one-1"? Choose one of here, one-1, one-2.',
  });
  // It takes read on it.
  const servers = scope('read:default:default:s*', 'apply:default:default:s*');
  expect(await provision('here', servers)).toMatchObject({ message: 'There is no OS profile "here".' });
  expect(await provision('one-1', servers)).toEqual({ __typename: 'Server' });
});
