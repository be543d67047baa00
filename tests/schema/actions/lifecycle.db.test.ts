// A server's life through the graph: the table of transitions and nothing else, and what each step takes with it.
import { expect, test } from 'vitest';
import { ensureProfiles } from '../../../server/domain/fleet/profiles/ensure.ts';
import { shippedProfiles } from '../../../common/install/profiles/shipped.ts';
import { allowedActions, type Status, statuses, transitions } from '../../../common/install/transitions.ts';
import { type Deed, deeds } from '../../../server/domain/inventory/lifecycle.ts';
import type { Scope } from '../../../server/domain/access/caller.ts';
import { pendingOrders } from '../../support/pendingOrders.ts';
import { openGraph } from '../../support/graph.ts';

const problem = '__typename ... on UserError { message remedy } ... on InvalidInput { field }';
const all = Object.keys(deeds) as Deed[];

/** A lab with one bastion, and how to make servers of any status that it holds. */
async function lab() {
  const graph = await openGraph({ calm: true });
  const { prisma } = graph.db;
  await ensureProfiles(graph.db);
  const bastion = await prisma.bastion.create({ data: { name: 'site' } });
  let count = 0;
  const server = async (status: Status, more: object = {}) => {
    const bootMac = `52:54:00:00:00:${(++count).toString(16).padStart(2, '0')}`;
    const disks = { create: { name: 'sda', sizeGb: 480, serial: 'D1' } };
    const made = await prisma.server.create({
      data: { name: `s${count}`, bootMac, status, bastionId: bastion.id, disks, ...more },
    });
    if (status === 'PROVISIONING') await attempt(made.id);
    return made;
  };
  const attempt = (serverId: string, more: object = {}) =>
    prisma.installAttempt.create({
      data: { serverId, number: 1, profile: 'fedora-43', fromStatus: 'DISCOVERED', ...more },
    });
  const act = async (deed: string, name: string, more = '', scope?: Scope) => {
    const input = deeds[deed as Deed]?.installs && !more.includes('input') ? ', input: { os: "fedora-43" }' : '';
    const document = `mutation { it: ${deed}Server(by: { name: "${name}" }${input}${more}) { ${problem} ... on Server { name status version role } } }`;
    return (await graph.data(document, scope && { scope })).it as Record<string, unknown>;
  };
  return { ...graph, prisma, bastion, server, attempt, act };
}

test('does what the table of transitions has, and refuses all else, naming the status and what it allows', async () => {
  const { server, act, prisma } = await lab();
  let refused = 0;
  for (const status of statuses) {
    for (const deed of all) {
      const { name } = await server(status);
      const answer = await act(deed, name);
      const target = transitions[status][deed];
      const now = (await prisma.server.findUniqueOrThrow({ where: { name } })).status;
      if (target) {
        const expected = target === 'before' ? 'DISCOVERED' : target;
        expect({ status, deed, ...answer }).toMatchObject({ __typename: 'Server', status: expected });
        expect(now).toBe(expected);
      } else {
        refused++;
        expect(answer).toMatchObject({
          __typename: 'Conflict',
          message: `Server "${name}" is ${status}: it cannot ${deed}.`,
        });
        for (const allowed of allowedActions(status)) expect(answer['remedy']).toContain(allowed);
        expect(now).toBe(status);
      }
    }
  }
  expect(refused).toBe(statuses.length * all.length - 12);
});

test('provisioning opens an attempt with deadlines and asks the bastion; cancelling closes it and takes that back', async () => {
  const { server, act, prisma, bastion, data } = await lab();
  const { id } = await server('DISCOVERED', { name: 'm-1' });
  await prisma.serverNic.create({ data: { serverId: id, name: 'eno2', mac: '52:54:00:00:01:00' } });
  const input = ', input: { os: " Fedora-43", role: WORKER, name: "web" }';
  expect(await act('provision', 'm-1', input)).toMatchObject({ name: 'web', status: 'PROVISIONING', role: 'WORKER' });
  const attempt = await prisma.installAttempt.findFirstOrThrow();
  expect(attempt).toMatchObject({ number: 1, profile: 'fedora-43', role: 'WORKER', phase: 'QUEUED', outcome: null });
  // The bastion makes the secret.
  expect(attempt.secretHash).toBeNull();
  expect(attempt.phaseDeadline!.getTime()).toBeGreaterThan(attempt.createdAt.getTime());
  expect(attempt.hardDeadline!.getTime()).toBeGreaterThan(attempt.phaseDeadline!.getTime());
  const orders = () => prisma.order.findMany({ orderBy: { createdAt: 'asc' } });
  expect(await orders()).toMatchObject([
    {
      kind: 'INSTALL',
      bastionId: bastion.id,
      serverId: id,
      payload: { name: 'web', macs: ['52:54:00:00:00:01', '52:54:00:00:01:00'], attempt: 1, os: 'fedora-43' },
    },
  ]);
  const changes = await prisma.change.findMany({ where: { action: 'provisionServer' }, orderBy: { rev: 'asc' } });
  expect(changes.map(({ kind, operation, name }) => `${operation} ${kind} ${name}`)).toEqual([
    // The new name, which its parts are placed by too; then its new status.
    'UPDATE Server web',
    'UPDATE ServerNic web',
    'UPDATE ServerDisk web',
    'UPDATE Server web',
    'CREATE InstallAttempt web',
  ]);
  expect(await act('cancel', 'web')).toMatchObject({ status: 'DISCOVERED' });
  expect((await orders()).map(({ kind }) => kind)).toEqual(['INSTALL', 'CANCEL']);
  expect(await act('provision', 'web')).toMatchObject({ status: 'PROVISIONING' });
  await prisma.installAttempt.updateMany({ where: { number: 2 }, data: { phase: 'PACKAGES', diskTouched: true } });
  expect(await act('cancel', 'web')).toMatchObject({ status: 'FAILED' });
  const { server: told } = await data(
    '{ server(by: { name: "web" }) { installs(orderBy: { field: CREATED_AT }) { nodes { name outcome fromStatus server { name } } } } }',
  );
  expect(told.installs.nodes).toEqual([
    { name: 'web.1', outcome: 'CANCELLED', fromStatus: 'DISCOVERED', server: { name: 'web' } },
    { name: 'web.2', outcome: 'CANCELLED', fromStatus: 'DISCOVERED', server: { name: 'web' } },
  ]);
});

test('is refused, and changes nothing, for another version, a lock, no bastion, an OS that is none, or a name that is taken', async () => {
  const { server, act, prisma } = await lab();
  await server('DISCOVERED', { name: 'here' });
  await server('DISCOVERED', { name: 'locked', locked: true });
  await server('DISCOVERED', { name: 'unheld', bastionId: null });
  const before = await prisma.change.count();
  expect(await act('provision', 'here', ', ifVersion: 7')).toMatchObject({
    __typename: 'Conflict',
    message: 'server "here" was changed meanwhile: it is at version 1, not 7.',
  });
  for (const deed of all)
    expect(await act(deed, 'locked')).toMatchObject({ __typename: 'Conflict', message: 'Server "locked" is locked.' });
  expect(await act('provision', 'unheld')).toMatchObject({
    __typename: 'Conflict',
    message: expect.stringContaining('held by no bastion'),
    remedy: expect.stringContaining('52:54:00:00:00:03'),
  });
  const wrong = await act('provision', 'here', ', input: { os: "plan-9" }');
  expect(wrong).toMatchObject({ __typename: 'InvalidInput', field: 'input.os' });
  for (const { name } of shippedProfiles()) expect(wrong['remedy']).toContain(name);
  expect(await act('provision', 'here', ', input: { os: "debian-13", name: "unheld" }')).toMatchObject({
    __typename: 'Conflict',
    message: 'There is a server "unheld" already.',
  });
  expect(await act('provision', 'absent')).toMatchObject({ __typename: 'NotFound' });
  expect(await prisma.change.count()).toBe(before);
  expect(await prisma.order.count()).toBe(0);
  expect(await act('adopt', 'here', ', ifVersion: 1')).toMatchObject({ status: 'INSTALLED', version: 2 });
});

test('takes apply, and to retire or forget destroy; allowedActions tells what the caller may do of what the status allows', async () => {
  const { server, act, data, attempt, prisma } = await lab();
  const scope = (...actions: ('read' | 'apply' | 'destroy')[]): Scope =>
    actions.map((action) => ({ action, cloud: '*', environment: '*', target: '*' }));
  const made = await server('DISCOVERED', { name: 'web' });
  const allowed = async (...actions: ('read' | 'apply' | 'destroy')[]) =>
    (await data('{ server(by: { name: "web" }) { allowedActions } }', { scope: scope('read', ...actions) })).server
      .allowedActions as string[];
  expect(await allowed()).toEqual([]);
  expect(await allowed('apply')).toEqual(['PROVISION', 'ADOPT']);
  expect(await allowed('destroy')).toEqual(['RETIRE', 'FORGET']);
  expect(await allowed('apply', 'destroy')).toEqual(['PROVISION', 'ADOPT', 'RETIRE', 'FORGET']);
  await prisma.server.update({ where: { id: made.id }, data: { status: 'FAILED', locked: true } });
  expect(await allowed('apply', 'destroy')).toEqual([]);
  await prisma.server.update({ where: { id: made.id }, data: { locked: false } });
  expect(await allowed('apply', 'destroy')).toEqual(['PROVISION', 'REPROVISION', 'RESET', 'RETIRE', 'FORGET']);
  const shell = await attempt(made.id, { number: 7, profile: 'ramdisk/rescue' });
  expect(await allowed('apply')).toEqual(['PROVISION', 'REPROVISION', 'CANCEL', 'RESET']);
  expect(await allowed('destroy')).toEqual(['RETIRE', 'FORGET']);
  await prisma.installAttempt.delete({ where: { id: shell.id } });
  const forbidden = await act('retire', 'web', '', scope('read', 'apply'));
  expect(forbidden).toMatchObject({ __typename: 'Forbidden' });
  expect(forbidden['message']).toContain('may not destroy');
  expect(await act('reset', 'web', '', scope('read', 'destroy'))).toMatchObject({ __typename: 'Forbidden' });
  await attempt(made.id, { outcome: 'FAILED', finishedAt: new Date() });
  expect(await act('forget', 'web', '', scope('read', 'destroy'))).toMatchObject({ __typename: 'Server', name: 'web' });
  expect(await prisma.installAttempt.count()).toBe(0);
});

test('an order to install that the bastion refuses fails the attempt, with what the bastion says', async () => {
  const { act, server, prisma, fleet, data } = await lab();
  const origin = { actor: 'bastion/site', action: 'test', requestId: '', address: '' };
  const spool = { instance: 'site-1', protocol: 2, software: '0', oldest: 0, newest: 0 };
  const { bastion, epoch } = await fleet.open(origin, {
    name: 'site',
    cloud: 'default',
    environment: 'default',
    ...spool,
  });
  await server('INSTALLED', { name: 'web' });
  await act('reprovision', 'web');
  const order = await prisma.order.findFirstOrThrow();
  const refusal = {
    bastion: bastion.id,
    epoch,
    order: order.id,
    outcome: 'REFUSED' as const,
    message: 'No TFTP here.',
  };
  await fleet.acknowledge(origin, refusal);
  await fleet.acknowledge(origin, refusal);
  const { install } = await data(
    '{ install(by: { name: "web.1" }) { outcome failure { stage reason } server { status } } }',
  );
  expect(install).toEqual({
    outcome: 'FAILED',
    failure: { stage: 'queued', reason: 'No TFTP here.' },
    server: { status: 'FAILED' },
  });
});

test('a bastion of version 1 gets no order to install: to provision is refused, and an order that waits is not sent', async () => {
  const { act, server, prisma, bastion } = await lab();
  await server('DISCOVERED', { name: 'web' });
  await server('DISCOVERED', { name: 'db' });
  expect(await act('provision', 'web')).toMatchObject({ status: 'PROVISIONING' });
  const sent = async () =>
    (await pendingOrders(prisma, [bastion.id])).map(({ kind, name, status }) => [kind, name, status]);
  expect(await sent()).toEqual([['INSTALL', 'web', 'PROVISIONING']]);
  await prisma.bastion.updateMany({ data: { protocol: 1 } });
  expect(await act('provision', 'db')).toMatchObject({
    __typename: 'Conflict',
    message: 'The bastion that holds server "db" speaks a version of the uplink that has no installs.',
  });
  expect(await sent()).toEqual([]);
  await act('cancel', 'web');
  expect(await sent()).toEqual([['CANCEL', 'web', 'DISCOVERED']]);
  await prisma.bastion.updateMany({ data: { protocol: 2 } });
  expect(await act('provision', 'db')).toMatchObject({ status: 'PROVISIONING' });
});
