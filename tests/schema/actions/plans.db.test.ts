// What an install is asked with, as the order and the attempt have it: values, disk and revision; of secrets the name.
import { expect, test } from 'vitest';
import type { Parameter, Profile } from '../../../common/install/plan.ts';
import { BLANK } from '../../../server/domain/fleet/contract/profiles.ts';
import { revealing } from '../../../server/domain/fleet/installs/reveal.ts';
import { ensureProfiles } from '../../../server/domain/fleet/profiles/ensure.ts';
import { pendingOrders } from '../../support/pendingOrders.ts';
import { readGrant } from '../../../server/domain/grants.ts';
import { openGraph } from '../../support/graph.ts';
import { SECRET_KEY } from '../../support/secrets.ts';

const parameter = (name: string, more: Partial<Parameter> = {}): Parameter => ({
  name,
  type: 'text',
  default: null,
  required: false,
  secret: false,
  help: '',
  ...more,
});

const profile: Profile = {
  ...BLANK,
  name: 'one',
  title: 'One',
  installer: 'preseed',
  files: [{ use: 'kernel', path: 'linux', bytes: 7, sha256: 'a'.repeat(64) }],
  mirror: 'http://mirror.lab.example',
  templates: { 'preseed.cfg': 'd-i debian-installer/locale string {{ parameters.locale | debconf }}\n' },
  needs: { memoryGb: 4, diskGb: 100, firmware: ['UEFI'] },
  parameters: [parameter('locale', { default: 'C' }), parameter('domain'), parameter('password', { secret: true })],
};

const VALUE = 'hunter2-6f1c';

async function lab() {
  const graph = await openGraph({ calm: true, key: SECRET_KEY });
  const { db, data } = graph;
  await ensureProfiles(db, [profile]);
  const bastion = await db.prisma.bastion.create({ data: { name: 'site' } });
  const disks = {
    create: [
      { name: 'sda', sizeGb: 480, serial: 'D1' },
      { name: 'sdb', sizeGb: 64, serial: 'D2' },
    ],
  };
  const machine = {
    bootMac: '52:54:00:00:00:01',
    memoryGb: 8,
    firmware: 'UEFI',
    arch: 'x86_64',
    bastionId: bastion.id,
  };
  const server = await db.prisma.server.create({ data: { name: 'db', install: { domain: 'lab' }, disks, ...machine } });
  const cluster = await db.prisma.cluster.create({ data: { name: 'home', install: { domain: 'home', locale: 'de' } } });
  await db.prisma.clusterMember.create({ data: { clusterId: cluster.id, serverId: server.id, role: 'WORKER' } });
  await data(`mutation { createSecret(input: { name: "root", value: "${VALUE}" }) { __typename } }`);
  const provision = async (set: object = {}, scope?: string[]) =>
    (
      await data(
        `mutation ($set: JSON) { it: provisionServer(by: { name: "db" }, input: { os: "one", set: $set }) {
          __typename ... on UserError { message remedy } ... on InvalidInput { field } } }`,
        { variables: { set }, ...(scope && { scope: scope.map(readGrant) }) },
      )
    )['it'] as Record<string, string>;
  const order = async () => {
    const [pending] = await pendingOrders(db.prisma, [bastion.id], revealing(graph.secrets, db.logger));
    return pending!;
  };
  return { ...graph, provision, order, bastion };
}

test('the order has the plan, and what secrets keep as it is sent; rows have the names alone', async () => {
  const { db, data, provision, order } = await lab();
  expect(await provision({ password: 'root' })).toEqual({ __typename: 'Server' });
  const { plan, secrets } = await order();
  expect(plan).toMatchObject({
    profile: { name: 'one', files: profile.files },
    parameters: { locale: 'de', domain: 'lab', password: 'root' },
    disk: { name: 'sda', serial: 'D1', wwn: null, sizeGb: 480 },
    machine: { name: 'db', macs: ['52:54:00:00:00:01'], firmware: 'UEFI', arch: 'x86_64' },
  });
  expect(secrets).toEqual({ root: VALUE });
  const { install } = await data('{ install(by: { name: "db.1" }) { os revision parameters disk files } }');
  expect(install).toEqual({
    os: 'one',
    revision: plan!.revision,
    parameters: {
      locale: { value: 'de', from: 'cluster home' },
      domain: { value: 'lab', from: 'server db' },
      password: { value: 'root', from: '--set' },
    },
    disk: plan!.disk,
    files: [{ use: 'kernel', path: 'linux', sha256: 'a'.repeat(64) }],
  });
  // The profile as it was can be read at that revision.
  await ensureProfiles(db, [{ ...profile, title: 'One 1.1' }]);
  const { then } = await data(`{ then: profile(by: { name: "one" }, at: "${install.revision}") { title } }`);
  expect(then).toEqual({ title: 'One' });
  const rows = await Promise.all([
    db.prisma.order.findMany(),
    db.prisma.installAttempt.findMany(),
    db.prisma.change.findMany(),
  ]);
  expect(
    JSON.stringify(rows, (_key, value: unknown) => (typeof value === 'bigint' ? Number(value) : value)),
  ).not.toContain(VALUE);
});

test('a secret that is gone by then is not sent', async () => {
  const { data, provision, order } = await lab();
  await provision({ password: 'root' });
  await data('mutation { deleteSecret(by: { name: "root" }) { __typename } }');
  expect((await order()).secrets).toEqual({});
});

test('is refused before anything is written, with what to do', async () => {
  const { db, data, provision } = await lab();
  const may = ['read:*:*:*', 'apply:*:*:*'];
  const blind = ['read:default:default:db', 'apply:default:default:db'];
  await data('mutation { createSecret(input: { name: "far", environment: "prod", value: "x" }) { __typename } }');
  const cases: [object, string[], string, string][] = [
    [{ locael: 'C' }, may, 'input.set.locael', 'Did you mean "locale"?'],
    [{ password: 'none' }, may, 'input.set.password', 'lab create secret NAME'],
    [{ password: 'far' }, may, 'input.set.password', 'Make it there'],
    [{ password: 'root' }, blind, 'input.set.password', 'lab create secret NAME'],
    [{ disk: 'sdz' }, may, 'input.set.disk', '--set disk=serial:D1'],
  ];
  for (const [set, scope, field, remedy] of cases) {
    const answer = await provision(set, scope);
    expect(answer, JSON.stringify(set)).toMatchObject({ __typename: 'InvalidInput', field });
    expect(answer['remedy']).toContain(remedy);
  }
  for (const [column, value, message] of [
    ['memoryGb', 2, 'has 2 GiB of memory, and one needs 4'],
    ['firmware', 'BIOS', 'boots by BIOS, and one needs UEFI'],
    ['arch', 'aarch64', 'is aarch64, and one is for x86_64'],
  ] as const) {
    const { memoryGb, firmware, arch } = await db.prisma.server.findFirstOrThrow();
    await db.prisma.server.updateMany({ data: { [column]: value } });
    const answer = await provision();
    expect(answer).toMatchObject({ __typename: 'Conflict' });
    expect(answer['message']).toContain(message);
    await db.prisma.server.updateMany({ data: { memoryGb, firmware, arch } });
  }
  // The smaller disk is less than the profile needs: with two that fit, none is taken.
  await db.prisma.serverDisk.updateMany({ where: { name: 'sdb' }, data: { sizeGb: 480 } });
  expect(await provision()).toMatchObject({ field: 'input.set.disk', __typename: 'InvalidInput' });
  expect(await db.prisma.installAttempt.count()).toBe(0);
  expect(await db.prisma.order.count()).toBe(0);
});

test.each([
  [
    { 'preseed.cfg': 'd-i lab/a string b\n{{ parameters.nothing | debconf }}\n' },
    'Conflict',
    'Template preseed.cfg, line 2: ',
  ],
  [{ 'preseed.cfg': 'd-i lab/a string b\nd-i\n' }, 'Conflict', 'its installer would not take: preseed.cfg, line 2: '],
  [{}, 'Conflict', 'without a template preseed.cfg'],
])('what its installer could not read is refused, tried or done (%#)', async (templates, type, reason) => {
  const { db, data, provision } = await lab();
  await ensureProfiles(db, [{ ...profile, templates }]);
  const { tried } = await data(
    `mutation { tried: planInstall(by: { name: "db" }, input: { os: "one" }) {
      __typename ... on UserError { message remedy } } }`,
  );
  expect(tried).toMatchObject({ __typename: type, message: expect.stringContaining(reason) });
  expect(tried.message).toContain('Profile "one" cannot be rendered for server "db".');
  expect(await provision()).toEqual(tried);
  expect(await db.prisma.installAttempt.count()).toBe(0);
  expect(await db.prisma.order.count()).toBe(0);
});

test('files that the bastion lacks refuse it, tried or done, with the commands that bring them', async () => {
  const { db, data, provision, bastion } = await lab();
  const tell = (filesHeld: string[], filesToldAt: Date | null = new Date()) =>
    db.prisma.bastion.update({ where: { id: bastion.id }, data: { filesHeld, filesToldAt } });
  const tried = async () =>
    (
      await data(
        `mutation { it: planInstall(by: { name: "db" }, input: { os: "one" }) {
          __typename ... on UserError { message remedy } ... on InstallPlanned { filesReady } } }`,
      )
    )['it'] as Record<string, unknown>;
  await tell([]);
  const refused = await provision();
  expect(refused).toEqual({
    __typename: 'Conflict',
    message:
      'The bastion that holds server "db" lacks files of profile "one": kernel linux, ramdisk discovery/vmlinuz, ramdisk discovery/initrd.img.',
    remedy: 'On its machine: lab bastion files fetch one and lab bastion files build discovery',
  });
  expect(await tried()).toEqual(refused);
  expect(await db.prisma.installAttempt.count()).toBe(0);
  // What one has that does not say is not known: it is not refused.
  await tell([], null);
  expect(await tried()).toEqual({ __typename: 'InstallPlanned', filesReady: null });
  await tell(['a'.repeat(64), 'discovery/initrd.img', 'discovery/vmlinuz']);
  expect(await tried()).toEqual({ __typename: 'InstallPlanned', filesReady: true });
  expect(await provision()).toEqual({ __typename: 'Server' });
});

test('a plan warns of a BIOS that is told to boot another drive, unless somebody said how it boots', async () => {
  const { db, data } = await lab();
  await ensureProfiles(db, [{ ...profile, needs: { ...profile.needs, diskGb: null, firmware: [] } }]);
  const warning = async () =>
    (
      await data(`mutation { it: planInstall(by: { name: "db" }, input: { os: "one", set: { disk: "sdb" } }) {
        __typename ... on InstallPlanned { bootWarning } } }`)
    )['it'] as object;
  const planned = { __typename: 'InstallPlanned', bootWarning: null };
  expect(await warning()).toEqual(planned);
  await db.prisma.server.updateMany({ data: { firmware: 'BIOS' } });
  expect(await warning()).toEqual({ ...planned, bootWarning: expect.stringContaining('--set disk=serial:D1,') });
  await db.prisma.server.updateMany({ data: { boot: { leave: 'loader' } } });
  expect(await warning()).toEqual(planned);
});

test('bastions and profiles say which go together, to whoever may see both', async () => {
  const { db, data, bastion } = await lab();
  await db.prisma.bastion.update({
    where: { id: bastion.id },
    data: { filesHeld: ['a'.repeat(64)], filesToldAt: new Date() },
  });
  await db.prisma.bastion.create({ data: { name: 'young' } });
  await db.prisma.bastion.create({ data: { name: 'zoo', filesHeld: ['*'], filesToldAt: new Date() } });
  const own = { title: 'Own', installer: 'custom', environment: 'far' };
  await db.prisma.profile.create({ data: { name: 'own', ...own } });
  const all = await data(`{
    profile(by: { name: "one" }) { bastions { ready bastion { name } missing { use path } commands } }
    own: profile(by: { name: "own" }) { bastions { ready } }
    bastion(by: { name: "site" }) { profiles { ready profile { name } } }
  }`);
  const ramdisk = ['discovery/vmlinuz', 'discovery/initrd.img'].map((path) => ({ use: 'ramdisk', path }));
  expect(all['profile'].bastions).toEqual([
    { ready: false, bastion: { name: 'site' }, missing: ramdisk, commands: ['bastion files build discovery'] },
    { ready: null, bastion: { name: 'young' }, missing: [], commands: [] },
    { ready: true, bastion: { name: 'zoo' }, missing: [], commands: [] },
  ]);
  expect(all['own'].bastions).toEqual([]);
  expect(all['bastion'].profiles).toEqual([{ ready: false, profile: { name: 'one' } }]);
  const few = await data('{ profile(by: { name: "one" }) { bastions { bastion { name } } } }', {
    scope: ['read:default:default:bastions/zoo'].map(readGrant),
  });
  expect(few['profile'].bastions).toEqual([{ bastion: { name: 'zoo' } }]);
});

test('an abort fails the install at once, says who did it and where, and has the bastion stop', async () => {
  const { db, data, provision, bastion } = await lab();
  await provision();
  const attempt = await db.prisma.installAttempt.findFirstOrThrow();
  await db.prisma.installStage.create({
    data: { attemptId: attempt.id, name: 'packages', position: 1, startedAt: new Date() },
  });
  const { it } = await data('mutation { it: abortServer(by: { name: "db" }) { ... on Server { status } } }');
  expect(it).toEqual({ status: 'FAILED' });
  const { install } = await data('{ install(by: { name: "db.1" }) { outcome failure { stage reason } } }');
  expect(install).toEqual({
    outcome: 'FAILED',
    failure: { stage: 'packages', reason: 'It was aborted by tester.' },
  });
  expect((await pendingOrders(db.prisma, [bastion.id])).map(({ kind }) => kind)).toEqual(['INSTALL', 'CANCEL']);
});
