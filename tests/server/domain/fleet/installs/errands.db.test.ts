// What the ramdisk does besides installing: it is an attempt with all that one has, and leaves the server's status alone.
import { expect, test } from 'vitest';
import type { InstallPlan } from '../../../../../common/install/plan.ts';
import { renderInstall } from '../../../../../common/install/render.ts';
import { act } from '../../../../../server/domain/inventory/lifecycle.ts';
import { rescue } from '../../../../../server/domain/inventory/errands.ts';
import { defaults, settingsFor } from '../../../../../server/domain/ledger/settings.ts';
import { tester } from '../../../../support/database.ts';
import { machine, macOf, openFleet } from '../fleet.ts';
import { anyone, begin, deed, hashOf, provenBy } from '../installing.ts';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJqvSMRRM4CmnUcLfyKeJgNCXH2yfAgUCLyfLW8Vvs1T ada';
const target = { ways: [{ bootMac: macOf(1) }], called: macOf(1) };

async function held() {
  const testFleet = await openFleet();
  const { db, settings } = testFleet;
  const site = await testFleet.connect('site');
  await site.send({ report: machine(1) });
  await deed(testFleet, 1, 'adopt');
  await db.prisma.server.updateMany({ data: { os: 'fedora-43', hostname: 'db' } });
  const own = settingsFor(db, settings);
  return {
    ...testFleet,
    site,
    wipe: () => db.write(tester, (tx) => act(tx, 'retire', target, { wipe: true }, anyone, own)),
    rescue: (...keys: string[]) => db.write(tester, (tx) => rescue(tx, target, keys, anyone, own)),
    /** The bastion takes the order, as `token`. */
    begin: async (token: string) => {
      expect(await begin(testFleet, site, hashOf(token))).toMatchObject({ attemptOpen: true });
      return provenBy(hashOf(token));
    },
    server: () => db.prisma.server.findFirstOrThrow({ select: { status: true, os: true, hostname: true } }),
    attempt: () =>
      db.prisma.installAttempt.findFirstOrThrow({
        orderBy: { number: 'desc' },
        include: { stages: { orderBy: { position: 'asc' } } },
      }),
    orders: async () =>
      (await db.prisma.order.findMany({ orderBy: [{ createdAt: 'asc' }, { id: 'asc' }] })).map(({ kind, payload }) => ({
        kind,
        plan: (payload as { plan?: InstallPlan }).plan,
      })),
  };
}

test('a server whose disks are to be wiped is retired at once, and how far that gets is told by its last attempt', async () => {
  const { wipe, begin, site, server, attempt, orders } = await held();
  await wipe();
  expect(await server()).toEqual({ status: 'RETIRED', os: 'fedora-43', hostname: 'db' });
  const plan = (await orders())[0]!.plan!;
  const at = 'http://10.0.0.1:8080';
  const told = {
    bastionUrl: at,
    filesUrl: `${at}/install/t`,
    treeUrl: `${at}/files/x`,
    token: 'tok',
    time: 0,
    secrets: {},
  };
  const bootif = `BOOTIF=01-${macOf(1).replaceAll(':', '-')}`;
  expect(renderInstall(plan, told).kernelArguments).toEqual([
    ...[
      bootif,
      `bastion.url=${at}`,
      'bastion.token=tok',
      'bastion.mode=wipe',
      'console=tty0',
      'console=ttyS0,115200n8',
    ],
  ]);
  const { step } = await begin('wipe');
  await site.send(step('booting'), step('wipe', { seq: 1, message: 'Wiping 2 disks' }));
  await site.send(step('wipe', { seq: 2, message: 'Wiped 1 of 2: sda' }));
  expect(await attempt()).toMatchObject({ phase: 'PARTITION', outcome: null, diskTouched: true });
  expect((await attempt()).stages.map(({ name, message }) => [name, message])).toEqual([
    ['booting', null],
    ['wipe', 'Wiped 1 of 2: sda'],
  ]);
  await site.send(step('wiped', { seq: 3, message: 'Wiped all 2 disks', state: 'INSTALLED' }));
  expect(await server()).toEqual({ status: 'RETIRED', os: null, hostname: null });
  const { stages, ...done } = await attempt();
  expect(done).toMatchObject({ profile: 'ramdisk/wipe', phase: 'DONE', outcome: 'SUCCEEDED', phaseDeadline: null });
  expect(stages.map(({ name, finishedAt }) => [name, finishedAt !== null])).toEqual([
    ['booting', true],
    ['wipe', true],
    ['wiped', true],
  ]);
});

test('a wipe that fails, is refused or is never heard of says so, and the server stays retired', async () => {
  const { wipe, begin, site, server, attempt, fleet, clock, ...on } = await held();
  await wipe();
  const { step } = await begin('first');
  const error = 'Wiped 0 of 1 disks. These take nothing: sda (I/O error)';
  await site.send(
    step('wipe', { seq: 1, message: 'Wiping 1 disks' }),
    step('wipe', { seq: 2, error, state: 'FAILED' }),
  );
  expect(await attempt()).toMatchObject({ outcome: 'FAILED', failureStage: 'wipe', failureReason: error });
  const again = async () => {
    await deed({ ...on, fleet, clock }, 1, 'restore');
    await wipe();
  };
  await again();
  const { id: order } = await on.db.prisma.order.findFirstOrThrow({ orderBy: [{ createdAt: 'desc' }, { id: 'desc' }] });
  const { id: bastion, epoch } = site;
  await fleet.acknowledge(tester, { bastion, epoch, order, outcome: 'REFUSED', message: 'No boot services.' });
  expect(await attempt()).toMatchObject({ outcome: 'FAILED', failureReason: 'No boot services.' });
  await again();
  await begin('third');
  for (let waited = 0; waited <= defaults.phaseTime; waited += 60_000) {
    clock.pass(60_000);
    await site.send();
    await fleet.sweep();
  }
  expect(await attempt()).toMatchObject({
    outcome: 'FAILED',
    failureReason: expect.stringContaining('said nothing for 20 minutes'),
  });
  expect((await server()).status).toBe('RETIRED');
});

test('what people decide next ends it, and its bastion is told', async () => {
  const { wipe, begin, server, attempt, orders, site, ...on } = await held();
  await wipe();
  const { step } = await begin('wipe');
  await deed(on, 1, 'restore');
  expect(await attempt()).toMatchObject({ outcome: 'CANCELLED' });
  expect((await orders()).map(({ kind }) => kind)).toEqual(['INSTALL', 'CANCEL']);
  await site.send(step('wiped', { seq: 1, state: 'INSTALLED' }));
  expect(await server()).toEqual({ status: 'DISCOVERED', os: 'fedora-43', hostname: 'db' });
});

test('a cancel ends a wipe or a shell once, begun or not, and the server is what it was', async () => {
  const { wipe, rescue: shell, begin, server, attempt, orders, site, ...on } = await held();
  const row = () => on.db.prisma.server.findFirstOrThrow({ select: { version: true, statusSince: true } });
  await shell(KEY);
  const before = await row();
  await deed(on, 1, 'cancel');
  expect(await attempt()).toMatchObject({ outcome: 'CANCELLED', diskTouched: false, phaseDeadline: null });
  expect(await row()).toEqual(before);
  expect((await orders()).map(({ kind }) => kind)).toEqual(['INSTALL', 'CANCEL']);
  await expect(deed(on, 1, 'cancel')).rejects.toThrow('is INSTALLED: it cannot cancel.');
  await wipe();
  await expect(deed(on, 1, 'abort')).rejects.toMatchObject({ remedy: 'From RETIRED it can cancel or restore.' });
  const { step } = await begin('wipe');
  await site.send(step('booting'), step('wipe', { seq: 1, message: 'Wiped 1 of 2: sda' }));
  await deed(on, 1, 'cancel');
  expect(await attempt()).toMatchObject({
    outcome: 'CANCELLED',
    diskTouched: true,
    stages: [{ name: 'booting' }, { name: 'wipe', message: 'Wiped 1 of 2: sda' }],
  });
  await site.send(step('wiped', { seq: 2, state: 'INSTALLED' }));
  expect(await server()).toEqual({ status: 'RETIRED', os: 'fedora-43', hostname: 'db' });
  expect((await orders()).map(({ kind }) => kind)).toEqual(['INSTALL', 'CANCEL', 'INSTALL', 'CANCEL']);
});

test('a wipe that is heard of only after it was cancelled has touched the disks', async () => {
  const { wipe, begin, server, attempt, site, ...on } = await held();
  await wipe();
  const { step } = await begin('wipe');
  await deed(on, 1, 'cancel');
  await site.send(step('booting', { seq: 1 }));
  expect(await attempt()).toMatchObject({ outcome: 'CANCELLED', diskTouched: false, stages: [] });
  await site.send(step('wipe', { seq: 2, message: 'Wiping 2 disks: sda sdb' }));
  await site.send(step('wipe', { seq: 3, message: 'Wiped 1 of 2: sda' }));
  const { stages, ...late } = await attempt();
  expect(late).toMatchObject({ outcome: 'CANCELLED', diskTouched: true, phaseDeadline: null });
  expect(stages).toMatchObject([{ name: 'wipe', message: 'Wiped 1 of 2: sda', finishedAt: expect.any(Date) as Date }]);
  const lines = await on.db.prisma.logLine.findMany({ orderBy: { seq: 'asc' } });
  expect(lines.map(({ line }) => line)).toEqual([
    'Said after the end, without effect: booting',
    'Said after the end: wipe: Wiping 2 disks: sda sdb',
    'Said after the end: wipe: Wiped 1 of 2: sda',
  ]);
  expect((await server()).status).toBe('RETIRED');
});

test('a shell is given once, to those with a key, and changes nothing of the server', async () => {
  const { rescue: ask, begin, server, attempt, orders, site, ...on } = await held();
  await expect(ask('ssh-rsa')).rejects.toMatchObject({ field: 'sshKeys[0]' });
  await ask(KEY);
  const plan = (await orders())[0]!.plan!;
  const told = {
    bastionUrl: 'http://b',
    filesUrl: 'http://b/i',
    treeUrl: 'http://b/f',
    token: 'tok',
    time: 0,
    secrets: {},
  };
  expect(renderInstall(plan, told).files).toEqual({ keys: `${KEY}\n` });
  await ask();
  expect((await orders()).map(({ kind }) => kind)).toEqual(['INSTALL', 'CANCEL', 'INSTALL']);
  const { step } = await begin('rescue');
  await site.send(step('rescue', { seq: 1, message: 'A shell', state: 'INSTALLED' }));
  expect(await attempt()).toMatchObject({
    number: 2,
    profile: 'ramdisk/rescue',
    outcome: 'SUCCEEDED',
    diskTouched: false,
  });
  expect(await server()).toEqual({ status: 'INSTALLED', os: 'fedora-43', hostname: 'db' });
  await deed(on, 1, 'reprovision', { os: 'fedora-43' });
  await expect(ask()).rejects.toThrow('is being installed: a shell would end that.');
});

test('a wipe that was ordered is not given up for a shell, which takes less to ask for', async () => {
  const { wipe, rescue: shell, attempt } = await held();
  await wipe();
  await expect(shell()).rejects.toMatchObject({
    message: expect.stringContaining('are to be wiped') as string,
    remedy: expect.stringContaining('lab cancel') as string,
  });
  expect(await attempt()).toMatchObject({ profile: 'ramdisk/wipe', outcome: null });
});

test('where its bastion has no ramdisk neither is begun, and the command that builds one is told', async () => {
  const { wipe, rescue: shell, db, server } = await held();
  await db.prisma.bastion.updateMany({ data: { filesHeld: ['a'.repeat(64)], filesToldAt: new Date() } });
  const refused = {
    message: expect.stringContaining('ramdisk discovery/vmlinuz') as string,
    remedy: 'On its machine: lab bastion files build discovery',
  };
  await expect(wipe()).rejects.toMatchObject(refused);
  await expect(shell()).rejects.toMatchObject(refused);
  expect(await server()).toMatchObject({ status: 'INSTALLED' });
});
