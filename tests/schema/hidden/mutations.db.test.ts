// Whatever is changed, or tried, by whoever sees a little, no answer tells of what is hidden: of every mutation, with its
// sample, by every way to name what is hidden, and with all that an input can refer to.
import { getNamedType, type GraphQLInputObjectType, isInputObjectType } from 'graphql';
import { expect, test } from 'vitest';
import type { KindName } from '../../../schema/catalog.ts';
import { schema } from '../../../schema/index.ts';
import { askAll, type Asked, Findings, rootsOf } from './ask.ts';
import { everythingBelow, type Field } from './everything.ts';
import { markHidden } from './marks.ts';
import { ADMINISTRATOR, expectAnswered, openNarrow, type Narrow, said } from './narrow.ts';
import { by, type Reference, references } from './references.ts';
import { OPEN } from './world.ts';

const mutations = rootsOf(schema.getMutationType());
const below = new Map(mutations.map((field) => [field.name, everythingBelow(field, 1)]));

/** A mutation as a document. */
const asked = (mutation: string): Asked => {
  const field = /^\w+/.exec(mutation)![0];
  return { field, document: `mutation { answer: ${mutation}${below.get(field)} }` };
};

const typeOf = (field: Field, argument: string) =>
  getNamedType(field.args.find(({ name }) => name === argument)?.type) as { name: string } | undefined;

/** Where the administrator finds no mark either, and why. */
const NEW = 'What it makes is new, and not hidden.';
const OWN = 'It is about whoever asks.';
const BARE = 'It answers with numbers and states.';
const WITHOUT: Readonly<Record<string, string>> = {
  createServer: NEW,
  createNetwork: NEW,
  createCluster: NEW,
  createVm: NEW,
  createBastion: NEW,
  createStoredQuery: NEW,
  createSecret: NEW,
  createProfile: NEW,
  createUser: NEW,
  createRole: NEW,
  applyManifests: NEW,
  createSignInLink: NEW,
  createToken: NEW,
  enrol: NEW,
  login: OWN,
  loginWithIdToken: OWN,
  logout: OWN,
  changePassword: OWN,
  renewCertificate: OWN,
  openUplink: BARE,
  pushUplink: BARE,
  acknowledgeOrder: BARE,
  tellBastionFiles: BARE,
  tellBastionLeases: BARE,
};

test('no mutation tells of what is hidden', { timeout: 600_000 }, async () => {
  const narrow = await openNarrow();
  const findings = new Findings();
  for (const { name } of mutations)
    for (const [who, caller] of Object.entries(narrow.callers)) {
      const given = await narrow.door.mutation(name);
      await markHidden(narrow.graph.db);
      const sample = narrow.renamed(asked(`${name}${given}`).document);
      const answer = await narrow.graph.ask(sample, { caller });
      expectAnswered(answer, sample);
      findings.note(who, name, sample, narrow.leaked(answer, sample));
    }
  findings.expectHidden(WITHOUT);
});

/** What an update needs besides what it is of. */
const LEAST: Readonly<Record<string, string>> = {
  provisionServer: '{ os: "fedora-43" }',
  planInstall: '{ os: "fedora-43" }',
  reprovisionServer: '{ os: "fedora-43" }',
};

/** Every mutation of one object, of all that may be referred to. */
function mutationsOf(named: readonly Reference[]): [string, Reference][] {
  return mutations.flatMap((field) => {
    const type = typeOf(field, 'by');
    const input = typeOf(field, 'input') ? `, input: ${LEAST[field.name] ?? '{ labels: { a: "b" } }'}` : '';
    const action = typeOf(field, 'action') ? ', action: STATUS' : '';
    const holder = typeOf(field, 'bastion') ? ', bastion: { name: "seen-bastion" }' : '';
    const version = typeOf(field, 'ifVersion') ? [', ifVersion: 999', ''] : [''];
    return named
      .filter(({ kind }) => `${kind}By` === type?.name)
      .flatMap((one) =>
        version.map((v): [string, Reference] => [`${field.name}(by: ${MARK}${v}${holder}${action}${input})`, one]),
      );
  });
}

/** What bastions themselves ask: they refer by ids alone. */
const BY_ID = /^(pushUplink|acknowledgeOrder|tellBastion)/;

/** Where a reference goes in what follows. */
const MARK = '%';

const member = `members: [{ server: ${MARK}, role: WORKER }]`;
const vm = `vcpus: 1, memoryGb: 1, environment: "${OPEN}"`;
const session = 'epoch: 1';
/** All that an input can refer to, by its path: what is asked, and the kinds that may stand there. A new one fails until it has a line. */
const REFERRING: Readonly<Record<string, readonly [string, KindName]>> = {
  'createProfile.from': [`createProfile(input: { name: "new", environment: "${OPEN}", from: ${MARK} })`, 'Profile'],
  'createCluster.members.server': [
    `createCluster(input: { name: "new", environment: "${OPEN}", ${member} })`,
    'Server',
  ],
  'updateCluster.members.server': [`updateCluster(by: { name: "seen-cluster" }, input: { ${member} })`, 'Server'],
  'createClusterMember.cluster': [
    `createClusterMember(input: { cluster: ${MARK}, server: { name: "held" }, role: WORKER })`,
    'Cluster',
  ],
  'createClusterMember.server': [
    `createClusterMember(input: { cluster: { name: "seen-cluster" }, server: ${MARK}, role: WORKER })`,
    'Server',
  ],
  'createVm.server': [`createVm(input: { name: "new", ${vm}, server: ${MARK} })`, 'Server'],
  'createVm.networks': [`createVm(input: { name: "new", ${vm}, networks: [${MARK}] })`, 'Network'],
  'updateVm.server': [`updateVm(by: { name: "seen-vm" }, input: { server: ${MARK} })`, 'Server'],
  'updateVm.networks': [`updateVm(by: { name: "seen-vm" }, input: { networks: [${MARK}] })`, 'Network'],
  'createUser.roles': [`createUser(input: { name: "new", environment: "${OPEN}", roles: [${MARK}] })`, 'Role'],
  'updateUser.roles': [`updateUser(by: { name: "bound-user" }, input: { roles: [${MARK}] })`, 'Role'],
  'createRoleBinding.user': [`createRoleBinding(input: { user: ${MARK}, role: { name: "seen-role" } })`, 'User'],
  'createRoleBinding.role': [`createRoleBinding(input: { user: { name: "bound-user" }, role: ${MARK} })`, 'Role'],
  'createToken.user': [
    `createToken(input: { purpose: API, name: "new", environment: "${OPEN}", user: ${MARK} })`,
    'User',
  ],
  'pushUplink.bastion': [`pushUplink(input: { bastion: ${MARK}, ${session}, items: [] })`, 'Bastion'],
  'tellBastionFiles.bastion': [`tellBastionFiles(input: { bastion: ${MARK}, ${session}, files: [] })`, 'Bastion'],
  'moveServer.bastion': [`moveServer(by: { name: "held" }, bastion: ${MARK})`, 'Bastion'],
  'tellBastionLeases.bastion': [`tellBastionLeases(input: { bastion: ${MARK}, ${session}, leases: [] })`, 'Bastion'],
  'acknowledgeOrder.bastion': [
    `acknowledgeOrder(input: { bastion: ${MARK}, ${session}, order: "seen", outcome: DONE })`,
    'Bastion',
  ],
  'acknowledgeOrder.order': [
    `acknowledgeOrder(input: { bastion: "seen", ${session}, order: ${MARK}, outcome: DONE })`,
    'Bastion',
  ],
};

/** The paths of an input at which it refers to an object. */
function referring(type: GraphQLInputObjectType, path: string): string[] {
  return Object.values(type.getFields()).flatMap((field) => {
    const own = getNamedType(field.type);
    const here = `${path}.${field.name}`;
    if (own.name === 'ID' || own.name.endsWith('By')) return [here];
    return isInputObjectType(own) ? referring(own, here) : [];
  });
}

/** Manifests that refer to others by name. */
const MANIFESTS: readonly (readonly [string, KindName])[] = [
  [
    `kind: "Cluster", metadata: { name: "new", environment: "${OPEN}" }, spec: { members: [{ server: ${MARK}, role: "worker" }] }`,
    'Server',
  ],
  [
    `kind: "Vm", metadata: { name: "new", environment: "${OPEN}" }, spec: { vcpus: 1, memoryGb: 1, server: ${MARK} }`,
    'Server',
  ],
  [
    `kind: "Vm", metadata: { name: "new", environment: "${OPEN}" }, spec: { vcpus: 1, memoryGb: 1, networks: [${MARK}] }`,
    'Network',
  ],
];

/** Asks all narrow callers the same of what is hidden and of what is not there; returns where the answers differ. */
async function differing(
  { graph, callers, leaked }: Narrow,
  all: readonly (readonly [string, Reference])[],
  write = by,
) {
  const found: string[] = [];
  for (const [mutation, one] of all)
    for (const [who, caller] of Object.entries(callers)) {
      if (who === ADMINISTRATOR) continue;
      const ask = async (value: string) => {
        const { document } = asked(mutation.replace(MARK, () => write({ ...one, value })));
        const answer = await graph.ask(document, { caller });
        expectAnswered(answer, document);
        for (const [mark, column] of leaked(answer, document))
          found.push(`${who} is told ${mark} of ${column} by ${document}`);
        return said(answer).replaceAll(value, 'IT');
      };
      const [hidden, nobody] = [await ask(one.value), await ask(one.nobody)];
      if (hidden !== nobody) found.push(`${who}, ${mutation}, ${one.way}: ${hidden} / ${nobody}`);
    }
  return found;
}

test('a mutation that names what is hidden answers as one that names nothing', { timeout: 600_000 }, async () => {
  const inputs = mutations.flatMap((field) => {
    const type = typeOf(field, 'input');
    const others = field.args.filter((one) => one.name !== 'by' && /By$/.test(getNamedType(one.type).name));
    return [
      ...(isInputObjectType(type) ? referring(type, field.name) : []),
      ...others.map((one) => `${field.name}.${one.name}`),
    ];
  });
  expect(inputs.sort()).toEqual(Object.keys(REFERRING).sort());
  const narrow = await openNarrow();
  const hidden = (await references(narrow)).filter((one) => one.hidden);
  expect(await differing(narrow, mutationsOf(hidden))).toEqual([]);
  const written = Object.entries(REFERRING).flatMap(([path, [mutation, kind]]) =>
    hidden.flatMap((one): [string, Reference][] =>
      one.kind === kind && (one.way === 'id' || !BY_ID.test(path)) ? [[mutation, one]] : [],
    ),
  );
  const ids = written.filter(([mutation]) => BY_ID.test(mutation));
  expect(
    await differing(
      narrow,
      written.filter((one) => !ids.includes(one)),
    ),
  ).toEqual([]);
  expect(await differing(narrow, ids, ({ value }) => `"${value}"`)).toEqual([]);
  const manifests = MANIFESTS.flatMap(([manifest, kind]) =>
    hidden.flatMap((one): [string, Reference][] =>
      one.kind === kind && one.way === 'name'
        ? [[`applyManifests(input: { dryRun: true, manifests: [{ apiVersion: "lab/v1", ${manifest} }] })`, one]]
        : [],
    ),
  );
  expect(await differing(narrow, manifests, ({ value }) => `"${value}"`)).toEqual([]);
});

test('what may be changed tells nothing of what it is related to', { timeout: 600_000 }, async () => {
  const narrow = await openNarrow();
  const { graph, world } = narrow;
  const { hidden } = world;
  const named = await references(narrow);
  const { bootMac } = await graph.db.prisma.server.findUniqueOrThrow({ where: { id: hidden.server.id } });
  const changes = await graph.db.prisma.change.findMany({ orderBy: { rev: 'desc' } });
  const distinct = new Map(changes.map((one) => [`${one.kind} ${one.operation} ${one.environment === OPEN}`, one.rev]));
  const recent = changes.slice(0, 60).map(({ rev }) => rev);
  const undone = [...new Set([...distinct.values(), ...recent])].map((rev) => `revision: "rev:${rev}"`);
  const seen = mutationsOf(named.filter((one) => !one.hidden));
  const goes = ([mutation]: readonly [string, unknown]) => /^(delete|retire|forget|revoke)/.test(mutation);
  const documents = [
    ...undone.map((one) => `undoChange(${one}, dryRun: true)`),
    `createServer(input: { name: "twin", mac: "${bootMac}", environment: "${OPEN}" })`,
    `createServer(input: { name: "again", mac: "52:54:00:00:00:01", environment: "${OPEN}" })`,
    `applyManifests(input: { dryRun: true, prune: true, set: "${(await graph.db.prisma.applySet.findFirstOrThrow()).name}", manifests: [] })`,
    ...[...seen.filter((one) => !goes(one)), ...seen.filter(goes)].map(([mutation, one]) =>
      mutation.replace(MARK, by(one)),
    ),
    ...undone.map((one) => `undoChange(${one})`),
  ].map(asked);
  const { [ADMINISTRATOR]: _all, ...callers } = narrow.callers;
  const findings = await askAll({ ...narrow, callers }, documents);
  findings.expectQuiet();
});

/** What is made with a name, and the rest of what making it takes. */
const NAMED: Readonly<Record<string, string>> = {
  createServer: 'mac: "52:54:00:00:0a:01"',
  createNetwork: 'cidr: "10.99.0.0/16"',
  createCluster: '',
  createVm: 'vcpus: 1, memoryGb: 1',
  createBastion: '',
  createStoredQuery: 'document: "{ about { version } }"',
  createSecret: 'value: "sample"',
  createProfile: 'installer: "custom"',
  createUser: '',
  createRole: 'permissions: []',
  createToken: 'purpose: BASTION',
};

test('a name that something hidden has is refused as one that something seen has, and nothing else is told', async () => {
  const makes = mutations.filter((field) => {
    const type = typeOf(field, 'input');
    return field.name.startsWith('create') && isInputObjectType(type) && 'name' in type.getFields();
  });
  expect(makes.map(({ name }) => name)).toEqual(Object.keys(NAMED));
  const narrow = await openNarrow();
  const caller = narrow.callers['who may do anything in one place']!;
  const names = (await references(narrow)).filter(({ way }) => way === 'name');
  for (const [mutation, rest] of Object.entries(NAMED)) {
    const kind = mutation.replace('create', '');
    const [hidden, seen] = [true, false].map(
      (is) => names.find((one) => one.kind === kind && one.hidden === is)!.value,
    );
    const answers = [hidden, seen].map(async (name) => {
      const { document } = asked(`${mutation}(input: { name: "${name}", environment: "${OPEN}", ${rest} })`);
      const answer = await narrow.graph.ask(document, { caller });
      expectAnswered(answer, document);
      expect([...narrow.leaked(answer, document).values()]).toEqual([]);
      expect(answer.data!['answer'].__typename, mutation).toBe('Conflict');
      return said(answer).replaceAll(name!, 'IT');
    });
    expect((await Promise.all(answers))[0]).toBe(await answers[1]);
  }
});
