// What is asked of every field of the graph when the door is tried: arguments that would work for who may ask.
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { requestFor } from '../../bastion/enrolment/request.ts';
import { hashPassword } from '../../server/domain/access/passwords.ts';
import { mint } from '../../server/domain/access/secrets.ts';
import { ensureProfiles } from '../../server/domain/fleet/profiles/ensure.ts';
import { ensureRoles } from '../../server/domain/access/roles.ts';
import { seal } from '../../server/store/seals.ts';
import type { TestGraph } from '../support/graph.ts';
import type { Issuer } from '../support/issuer.ts';
import { fill } from './fleet.ts';
import { failedInstall, livingSamples, slowSince, wholeDisk, wholeProfile } from './living.ts';
import { log } from './logged.ts';
import { conditionOn } from './remembered.ts';
import { wholeNic, wholeServer } from './wholeHardware.ts';

export interface Door {
  /** A user and the session that it asks with */
  readonly root: { readonly id: string; readonly credential: string; readonly expiresAt: Date };
  readonly bastion: {
    readonly id: string;
    readonly name: string;
    readonly cloud: string;
    readonly environment: string;
    /** What its certificates come from */
    readonly enrolment: string | null;
  };
  /** The arguments of a query, in parentheses; empty for none */
  query(field: string): string;
  /** The arguments of a mutation, whose target is made for this one time */
  mutation(field: string): Promise<string>;
  subscription(field: string): Promise<string>;
}

const capitalised = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);

/** Fills a database with something of every kind, and knows what to ask. */
export async function openDoor({ db, data, fleet }: TestGraph, provider: Issuer): Promise<Door> {
  const { prisma } = db;
  await ensureRoles(db);
  await ensureProfiles(db);
  await fill(db, 2);
  let count = 0;
  const next = () => `x${++count}`;
  const mac = () => `02:00:00:01:${(++count).toString(16).padStart(4, '0').replace(/..$/, ':$&')}`;
  const id = (kind: string, row: { id: string }) => `${kind}:${row.id}`;
  const future = new Date(Date.now() + 3_600_000);
  const secret = () => randomUUID();
  const csr = () => JSON.stringify(requestFor(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey));

  const certified = { certificateSerial: '01', certificateExpiresAt: future, revokedAt: new Date() };
  const losses = { lostItems: 3n, lostAt: new Date(), lostReason: 'Its disk fails.' };
  // Another one that holds a server: the bastion that tries the door holds the rest.
  const held = { filesHeld: ['a'.repeat(64)], filesToldAt: new Date() };
  const other = await prisma.bastion.create({ data: { name: 'other', ...certified, ...losses, ...held } });
  const bastion = await prisma.bastion.update({
    where: { name: 'site' },
    data: {
      ...certified,
      ...losses,
      ...held,
      enrolment: randomUUID(),
      instance: randomUUID(),
      protocol: 5,
      software: '0',
      revokedAt: null,
    },
  });
  await prisma.server.updateMany({ data: wholeServer() });
  const lifetime = { subject: 'x', usesLeft: 1, expiresAt: future, lastUsedAt: new Date() };
  const server = await prisma.server.findFirstOrThrow();
  await prisma.server.create({ data: { name: 'elsewhere-held', bootMac: '02:00:00:02:00:00', bastionId: other.id } });
  await prisma.serverDisk.updateMany({ data: wholeDisk });
  await prisma.serverNic.updateMany({ data: wholeNic });
  const dhcp = { dhcpEnabled: true, dhcpRange: '10.0.0.100-10.0.0.199', dns: ['10.0.0.2'], relay: 'site' };
  await prisma.network.updateMany({ data: { vlan: 7, domain: 'lab.example', gateway: '10.0.0.1', ...dhcp } });
  await prisma.server.updateMany({ data: { address: '10.0.0.9' } });
  await prisma.cluster.updateMany({ data: { endpoint: 'https://api.lab.example' } });
  const network = await prisma.network.findFirstOrThrow();
  const cluster = await prisma.cluster.findFirstOrThrow();
  const viewer = await prisma.role.findUniqueOrThrow({ where: { name: 'viewer' } });
  const admin = await prisma.role.findUniqueOrThrow({ where: { name: 'admin' } });
  const passwordHash = await hashPassword('correct horse battery');
  const root = await prisma.user.create({
    data: { name: 'root', passwordHash, email: 'root@lab.example', issuer: provider.issuer, subject: 'root' },
  });
  await prisma.roleBinding.create({ data: { userId: root.id, roleId: admin.id } });

  const session = await prisma.session.create({
    data: { userId: root.id, tokenHash: secret(), expiresAt: future, lastUsedAt: new Date() },
  });
  const own = { userId: root.id, madeWith: `Session:${session.id}` };
  await prisma.token.create({ data: { ...own, name: next(), purpose: 'API', prefix: 'p', tokenHash: secret() } });
  await prisma.session.create({ data: { ...own, purpose: 'LINK', tokenHash: secret(), expiresAt: future } });

  /** A fresh object of each kind, for a mutation to change or delete. */
  const fresh: Record<string, () => Promise<string>> = {
    Server: async () => id('Server', await prisma.server.create({ data: { name: next(), bootMac: mac() } })),
    Network: async () =>
      id('Network', await prisma.network.create({ data: { name: next(), cidr: `10.9.${count}.0/24` } })),
    Cluster: async () => id('Cluster', await prisma.cluster.create({ data: { name: next() } })),
    ClusterMember: async () => {
      const made = await prisma.server.create({ data: { name: next(), bootMac: mac() } });
      return id(
        'ClusterMember',
        await prisma.clusterMember.create({ data: { serverId: made.id, clusterId: cluster.id, role: 'WORKER' } }),
      );
    },
    Vm: async () =>
      id('Vm', await prisma.vm.create({ data: { name: next(), vcpus: 1, memoryGb: 1, serverId: server.id } })),
    Bastion: async () => id('Bastion', await prisma.bastion.create({ data: { name: next() } })),
    StoredQuery: async () =>
      id(
        'StoredQuery',
        await prisma.storedQuery.create({ data: { name: next(), document: '{ me { name } }', hash: '1' } }),
      ),
    Secret: async () => id('Secret', await prisma.secret.create({ data: { name: next(), secretRef: secret() } })),
    Profile: async () => id('Profile', await prisma.profile.create({ data: { name: next(), ...wholeProfile } })),
    User: async () => id('User', await prisma.user.create({ data: { name: next(), passwordHash } })),
    Role: async () => id('Role', await prisma.role.create({ data: { name: next(), permissions: ['read:*:*:*'] } })),
    RoleBinding: async () => {
      const made = await prisma.user.create({ data: { name: next() } });
      return id('RoleBinding', await prisma.roleBinding.create({ data: { userId: made.id, roleId: viewer.id } }));
    },
    Token: async () =>
      id(
        'Token',
        await prisma.token.create({
          data: {
            name: next(),
            purpose: 'API',
            userId: root.id,
            prefix: 'lab_pat_x',
            tokenHash: secret(),
            ...lifetime,
          },
        }),
      ),
    Session: async () =>
      id(
        'Session',
        await prisma.session.create({
          data: { userId: root.id, tokenHash: secret(), expiresAt: future, lastUsedAt: new Date() },
        }),
      ),
    Agent: async () =>
      id('Agent', await prisma.agent.create({ data: { name: next(), serverId: server.id, ...certified } })),
  };
  for (const make of Object.values(fresh)) await make();
  const vm = await prisma.vm.findFirstOrThrow();
  await prisma.vmNic.create({
    data: { vmId: vm.id, name: 'eth0', networkId: network.id, mac: '02:00:00:03:00:00', ip: '10.0.0.10' },
  });
  const open = async () => {
    const input = {
      name: 'site',
      cloud: 'default',
      environment: 'default',
      instance: randomUUID(),
      protocol: 5,
      software: '0',
      oldest: 0,
      newest: 0,
    };
    const { epoch } = await fleet.open({ actor: 'bastion/site', action: 'test', requestId: '', address: '' }, input);
    return epoch;
  };
  const named = 'Server,Bastion,Network,Cluster,Vm,StoredQuery,Secret,Profile,User,Role,Token,Agent';
  await conditionOn(prisma, named.split(','));
  for (const { id: serverId } of await prisma.server.findMany())
    await prisma.sighting.create({ data: { serverId, bastionId: bastion.id, source: 'discover' } });
  await prisma.sighting.create({ data: { serverId: server.id, bastionId: other.id, source: 'discover' } });
  // A model whose firmware has a bug that is known.
  const model = { vendor: 'Dell Inc.', product: 'PowerEdge R620' };
  await prisma.server.update({ where: { id: server.id }, data: model });
  await prisma.lease.create({
    data: { bastionId: bastion.id, ip: '10.0.0.20', mac: server.bootMac, expiresAt: future },
  });
  const install = await failedInstall(prisma, server.id);
  await slowSince(prisma, server.id);
  await open();
  await seal(db);
  db.internal.problems.add(() => ['Something is wrong although labd answers.']);
  await log(db, ['ServerNic', 'ServerDisk', 'VmNic', 'InstallAttempt', 'Lease', ...Object.keys(fresh)]);
  await data('mutation { updateServer(by: { name: "m-000000" }, input: { maintenance: true }) { __typename } }');

  /** What each kind is made from. */
  const creates: Record<string, () => string> = {
    Server: () => `name: "${next()}", mac: "${mac()}"`,
    Network: () => `name: "${next()}", cidr: "10.8.${count}.0/24"`,
    Cluster: () => `name: "${next()}"`,
    Vm: () => `name: "${next()}", vcpus: 1, memoryGb: 1`,
    Bastion: () => `name: "${next()}"`,
    StoredQuery: () => `name: "${next()}", document: "{ me { name } }"`,
    Secret: () => `name: "${next()}", value: "hunter2"`,
    Profile: () => `name: "${next()}", installer: "kickstart"`,
    User: () => `name: "${next()}"`,
    Role: () => `name: "${next()}", permissions: ["read:*:*:*"]`,
    Token: () => `purpose: API, name: "${next()}", user: { name: "root" }`,
  };
  /** What is changed of each kind. */
  const updates: Record<string, string> = {
    Server: 'maintenance: true',
    Network: 'domain: "lab.example"',
    Cluster: 'endpoint: "https://api.lab.example"',
    Vm: 'vcpus: 2',
    Bastion: 'labels: { site: "a" }',
    StoredQuery: 'description: "sample"',
    Secret: 'value: "hunter3"',
    Profile: 'title: "sample"',
    User: 'email: "x@lab.example"',
    Role: 'description: "sample"',
  };

  const order = async () => id('Order', await prisma.order.create({ data: { bastionId: bastion.id, kind: 'CANCEL' } }));
  const self = id('Bastion', bastion);

  /** The mutations that are no kind's create, update or delete. */
  const others: Record<string, () => Promise<string> | string> = {
    createClusterMember: async () =>
      `(input: { cluster: { id: "${id('Cluster', cluster)}" }, server: { id: "${await fresh['Server']!()}" }, role: WORKER })`,
    undoChange: async () => `(revision: "rev:${await fresh['Cluster']!().then(() => log(db, ['Cluster']))}")`,
    createRoleBinding: async () => `(input: { user: { id: "${await fresh['User']!()}" }, role: { name: "viewer" } })`,
    ...livingSamples(prisma, bastion.id, () => ({ name: next(), bootMac: mac() })),
    applyManifests: () =>
      `(input: { manifests: [{ apiVersion: "lab/v1", kind: "Bastion", metadata: { name: "${next()}" } }] })`,
    login: () => '(input: { name: "root", password: "correct horse battery" })',
    logout: () => '',
    loginWithIdToken: async () => `(input: { idToken: "${await provider.idToken({ sub: 'root' })}" })`,
    createSignInLink: () => '',
    changePassword: () => '(input: { present: "correct horse battery", wanted: "correct horse battery" })',
    enrol: async () => {
      const { text, hash, shown: prefix } = mint('lab_join');
      const token = { ...lifetime, purpose: 'AGENT', prefix, tokenHash: hash };
      await prisma.token.create({ data: { ...token, name: next(), subject: next() } });
      return `(input: { kind: AGENT, token: "${text}", csr: ${csr()} })`;
    },
    renewCertificate: () => `(input: { csr: ${csr()} })`,
    revokeBastion: async () => `(by: { id: "${await fresh['Bastion']!()}" })`,
    revokeAgent: async () => `(by: { id: "${await fresh['Agent']!()}" })`,
    openUplink: () =>
      `(input: { name: "site", cloud: "default", environment: "default", instance: "${randomUUID()}", protocol: 1, software: "0", oldest: 0, newest: 0 })`,
    pushUplink: async () => `(input: { bastion: "${self}", epoch: ${await open()}, items: [] })`,
    tellBastionLeases: async () => `(input: { bastion: "${self}", epoch: ${await open()}, leases: [] })`,
    tellBastionFiles: async () => `(input: { bastion: "${self}", epoch: ${await open()}, files: ["*"] })`,
    acknowledgeOrder: async () =>
      `(input: { bastion: "${self}", epoch: ${await open()}, order: "${await order()}", outcome: DONE })`,
  };

  const queries: Record<string, string> = {
    node: `(id: "${id('Server', server)}")`,
    nodes: `(ids: ["${id('Server', server)}"])`,
    revisionAt: `(time: "${new Date().toISOString()}")`,
    timeOf: '(revision: "rev:1")',
    canI: '(action: READ, kind: Server)',
    bastionSite: `(bastion: "${self}")`,
    // A seal that was never there: there is a problem to show.
    verifyAudit: `(anchor: "1:${'0'.repeat(64)}")`,
  };
  const firsts = new Map<string, string>();
  const kinds = ['ServerNic', 'ServerDisk', 'VmNic', 'InstallAttempt', 'Lease', ...Object.keys(fresh)];
  for (const kind of kinds) {
    const table = (prisma as unknown as Record<string, { findFirstOrThrow(): Promise<{ id: string }> }>)[
      kind.charAt(0).toLowerCase() + kind.slice(1)
    ]!;
    firsts.set(kind, id(kind, await table.findFirstOrThrow()));
  }
  const fieldOf: Record<string, string> = {
    nic: 'ServerNic',
    disk: 'ServerDisk',
    member: 'ClusterMember',
    query: 'StoredQuery',
    install: 'InstallAttempt',
  };

  return {
    root: { id: root.id, credential: `Session:${session.id}`, expiresAt: future },
    bastion,
    query(field) {
      const first = firsts.get(fieldOf[field] ?? capitalised(field));
      return first ? `(by: { id: "${first}" })` : (queries[field] ?? '');
    },
    async mutation(field) {
      const other = others[field];
      if (other) return other();
      const [, verb, kind] = /^(create|update|delete)(\w+)$/.exec(field) ?? [];
      if (verb === 'create' && creates[kind!]) return `(input: { ${creates[kind!]!()} })`;
      if (verb === 'update' && updates[kind!])
        return `(by: { id: "${await fresh[kind!]!()}" }, input: { ${updates[kind!]} })`;
      if (verb === 'delete' && fresh[kind!]) return `(by: { id: "${await fresh[kind!]!()}" })`;
      throw new Error(`The mutation ${field} has no sample in tests/schema/samples.ts`);
    },
    async subscription(field) {
      if (field === 'installLog') return `(by: { id: "${install}" })`;
      return field === 'bastionOrders' ? `(bastion: "${self}", epoch: ${await open()})` : '';
    },
  };
}
