// A world of which callers may see a little: objects in one place, and around them, in relation to each, others that are
// hidden. Every text of these has a mark that stands nowhere else, so that whoever finds one has seen what it stands in.
import { randomUUID } from 'node:crypto';
import { SHIPPED } from '../../../server/domain/fleet/contract/profiles.ts';
import { tables, type Rows } from '../../../server/store/generated/columns.ts';
import type { TestDatabase } from '../../support/database.ts';
import { failedInstall } from '../living.ts';

/** The environment that may be seen. */
export const OPEN = 'open';

const servers = `(SELECT id FROM server WHERE environment = '${OPEN}')`;
const bastions = `(SELECT id FROM bastion WHERE environment = '${OPEN}')`;
const vms = `(SELECT id FROM vm WHERE environment = '${OPEN}')`;
const users = `(SELECT id FROM lab_user WHERE environment = '${OPEN}')`;
const attempts = `(SELECT id FROM install_attempt WHERE server_id IN ${servers})`;

/** Which rows are seen, of tables where the environment alone does not say it. Of any other table without one, none are. */
const seen: Partial<Record<keyof Rows, string>> = {
  ServerNic: `server_id IN ${servers}`,
  ServerDisk: `server_id IN ${servers}`,
  ClusterMember: `server_id IN ${servers}`,
  VmNic: `vm_id IN ${vms}`,
  Lease: `bastion_id IN ${bastions}`,
  BastionSession: `bastion_id IN ${bastions}`,
  Order: `bastion_id IN ${bastions}`,
  Sighting: `server_id IN ${servers} AND bastion_id IN ${bastions}`,
  Tombstone: `bastion_id IN ${bastions}`,
  InstallAttempt: `server_id IN ${servers}`,
  InstallStage: `attempt_id IN ${attempts}`,
  LogLine: `attempt_id IN ${attempts}`,
  RoleBinding: `user_id IN ${users}`,
  Session: `user_id IN ${users}`,
  ApplySetMember: 'true',
  // Everybody reads those that come with labd.
  Profile: `environment IN ('${OPEN}', '${SHIPPED.environment}')`,
  Change: `environment IN ('${OPEN}', '${SHIPPED.environment}')`,
  Condition: `environment IN ('${OPEN}', '${SHIPPED.environment}')`,
};

/** SQL for whether a row of a table may be seen. */
export const isShown = (model: keyof Rows): string =>
  seen[model] ?? ('environment' in tables[model].columns ? `environment = '${OPEN}'` : 'false');

/** Objects that may be seen, each in relation with hidden ones of every kind that it can be in relation with. */
export async function makeSeen({ prisma }: Pick<TestDatabase, 'prisma'>) {
  const place = { environment: OPEN };
  const hidden = {
    server: await prisma.server.findFirstOrThrow({ where: { name: 'm-000000' } }),
    bastion: await prisma.bastion.findFirstOrThrow({ where: { name: 'other' } }),
    network: await prisma.network.findFirstOrThrow({ where: { name: 'net-0' } }),
    cluster: await prisma.cluster.findFirstOrThrow({ where: { name: 'cluster-0' } }),
    vm: await prisma.vm.findFirstOrThrow(),
  };
  const bastion = await prisma.bastion.create({ data: { name: 'seen-bastion', ...place, enrolment: randomUUID() } });
  // It speaks for itself: what it holds is not hidden from it, wherever that is.
  const speaker = await prisma.bastion.create({ data: { name: 'speaker', ...place, enrolment: randomUUID() } });
  const server = await prisma.server.create({
    data: { name: 'seen', bootMac: '52:54:00:00:00:01', bastionId: hidden.bastion.id, ...place },
  });
  const held = await prisma.server.create({
    data: { name: 'held', bootMac: '52:54:00:00:00:02', bastionId: speaker.id, ...place },
  });
  await prisma.server.update({ where: { id: hidden.server.id }, data: { bastionId: bastion.id } });
  const network = await prisma.network.create({ data: { name: 'seen-net', cidr: '10.77.0.0/16', ...place } });
  const cluster = await prisma.cluster.create({ data: { name: 'seen-cluster', ...place } });
  const vm = await prisma.vm.create({
    data: { name: 'seen-vm', vcpus: 1, memoryGb: 1, serverId: hidden.server.id, ...place },
  });
  await prisma.vm.update({ where: { id: hidden.vm.id }, data: { serverId: server.id } });
  const nic = { serverId: server.id, name: 'eth0', mac: server.bootMac, ip: '10.0.0.77', networkId: hidden.network.id };
  await prisma.serverNic.create({ data: nic });
  await prisma.serverNic.create({
    data: { serverId: hidden.server.id, name: 'far', mac: server.bootMac, ip: '10.77.0.1', networkId: network.id },
  });
  await prisma.vmNic.create({ data: { vmId: vm.id, name: 'eth0', networkId: hidden.network.id } });
  await prisma.vmNic.create({ data: { vmId: hidden.vm.id, name: 'far', networkId: network.id } });
  for (const [clusterId, serverId] of [
    [cluster.id, hidden.server.id],
    [cluster.id, server.id],
    [hidden.cluster.id, held.id],
  ])
    await prisma.clusterMember.create({ data: { clusterId: clusterId!, serverId: serverId!, role: 'WORKER' } });
  await prisma.agent.create({ data: { name: 'seen-agent', serverId: hidden.server.id, ...place } });
  await prisma.agent.updateMany({ where: { environment: { not: OPEN } }, data: { serverId: server.id } });
  for (const [serverId, bastionId] of [
    [server.id, hidden.bastion.id],
    [hidden.server.id, bastion.id],
    [held.id, bastion.id],
  ])
    await prisma.sighting.create({ data: { serverId: serverId!, bastionId: bastionId!, source: 'discover' } });
  const since = new Date();
  for (const [serverId, otherId] of [
    [server.id, hidden.server.id],
    [hidden.server.id, server.id],
  ])
    await prisma.twin.create({ data: { serverId: serverId!, otherId: otherId!, since } });
  await prisma.serverDisk.create({ data: { serverId: server.id, name: 'sda', sizeGb: 480 } });
  await failedInstall(prisma, server.id);
  // One that a seen bastion gave to a hidden machine, and one that a hidden bastion gave to a seen one.
  for (const [bastionId, ip, mac] of [
    [bastion.id, '10.77.0.30', hidden.server.bootMac],
    [hidden.bastion.id, '10.77.0.31', server.bootMac],
  ])
    await prisma.lease.create({ data: { bastionId: bastionId!, ip: ip!, mac: mac!, expiresAt: since } });
  const user = await makePeople({ prisma });
  const sets = { create: [server, hidden.server].map(({ id: objectId }) => ({ kind: 'Server', objectId })) };
  const set = await prisma.applySet.create({ data: { name: 'set', members: sets } });
  return { place, hidden: { ...hidden, set }, bastion, speaker, server, held, network, cluster, vm, user };
}

/** Somebody who may be seen, with a session, a role and a token that may be, and others that may not. */
async function makePeople({ prisma }: Pick<TestDatabase, 'prisma'>) {
  const place = { environment: OPEN };
  const other = await prisma.user.findUniqueOrThrow({ where: { name: 'root' } });
  const viewer = await prisma.role.findUniqueOrThrow({ where: { name: 'viewer' } });
  const user = await prisma.user.create({ data: { name: 'seen-user', email: 'seen@lab.example', ...place } });
  const role = await prisma.role.create({ data: { name: 'seen-role', permissions: [`read:*:${OPEN}:*`], ...place } });
  const bound = await prisma.user.create({ data: { name: 'bound-user', ...place } });
  await prisma.roleBinding.create({ data: { userId: bound.id, roleId: viewer.id, grantedBy: 'user/narrow' } });
  await prisma.roleBinding.create({ data: { userId: other.id, roleId: role.id, grantedBy: 'user/narrow' } });
  for (const [name, userId, environment] of [
    ['seen-token', other.id, OPEN],
    ['token-of-seen', user.id, 'default'],
  ] as const) {
    const data = { name, userId, environment, purpose: 'API', prefix: 'lab_pat_s', tokenHash: randomUUID() };
    await prisma.token.create({ data });
  }
  const data = { name: 'seen-query', document: '{ about { version } }', hash: '2', ...place };
  await prisma.storedQuery.create({ data });
  await prisma.secret.create({ data: { name: 'seen-secret', secretRef: randomUUID(), ...place } });
  await prisma.profile.create({ data: { name: 'seen-profile', title: 'Seen', installer: 'custom', ...place } });
  const expiresAt = new Date(Date.now() + 3_600_000);
  const session = await prisma.session.create({ data: { userId: user.id, tokenHash: randomUUID(), expiresAt } });
  return { ...user, session: session.id };
}

export type World = Awaited<ReturnType<typeof makeSeen>>;

/** Every condition that a server can have of hidden ones, as labd writes it, and as an earlier one did. */
export async function conditionsOnSeen({ prisma }: Pick<TestDatabase, 'prisma'>, world: World): Promise<void> {
  const { server, hidden } = world;
  const [names, ids] = [
    {
      server: (await prisma.server.findUniqueOrThrow({ where: { id: hidden.server.id } })).name,
      bastion: (await prisma.bastion.findUniqueOrThrow({ where: { id: hidden.bastion.id } })).name,
      network: (await prisma.network.findUniqueOrThrow({ where: { id: hidden.network.id } })).name,
    },
    hidden,
  ];
  const subject = { subjectKind: 'Server', subjectId: server.id, subjectName: server.name, cloud: server.cloud };
  const rows = [
    ['Stale', 'NotInSnapshot', 'Bastion %, which holds it, did not name it.', 'Bastion', 'bastions'],
    ['HardwareDrift', 'NicMoved', 'Its NIC is in % now.', 'Server', 'to'],
    ['Conflict', 'SharedMac', 'It has the same MAC as %.', 'Server', 'servers'],
    ['Conflict', 'AmbiguousIdentity', 'It may be %.', 'Server', 'servers'],
    ['Conflict', 'NetworkTie', 'It lies in %.', 'Network', 'networks'],
  ] as const;
  for (const [type, reason, text, kind, key] of rows)
    for (const written of ['now', 'before']) {
      const of = kind.toLowerCase() as keyof typeof names;
      const { id } = ids[of];
      const message = text.replace('%', written === 'now' ? `{${kind}:${id}}` : names[of]);
      const evidence = reason === 'NotInSnapshot' && written === 'before' ? {} : { [key]: key === 'to' ? id : [id] };
      const data = { ...subject, environment: OPEN, type, reason, message, evidence, detail: `${reason} ${written}` };
      await prisma.condition.create({ data });
    }
}
