// The door: what a scope does not cover cannot be reached, whichever way one goes.
import { isInterfaceType, isObjectType, isUnionType, getNamedType } from 'graphql';
import { expect, test } from 'vitest';
import { schema } from '../../../schema/index.ts';
import { resources } from '../../../schema/kinds/index.ts';
import type { KindName } from '../../../schema/catalog.ts';
import type { Scope } from '../../../server/domain/access/caller.ts';
import { Forbidden } from '../../../server/domain/errors.ts';
import { openGraph } from '../../support/graph.ts';
import { fill } from '../fleet.ts';

const none: Scope = [];
const elsewhere: Scope = [{ action: 'read', cloud: 'elsewhere', environment: '*', target: '*' }];
const ownerOf = (kind: KindName) => (resources[kind].entry.partOf ?? kind) as KindName;

test('a caller who holds nothing is told so by lists and references, and finds nothing by id', async () => {
  const { db, data, ask } = await openGraph({ calm: true });
  await fill(db, 5);
  const { id: serverId } = await db.prisma.server.findFirstOrThrow();
  await db.prisma.installAttempt.create({
    data: { serverId, number: 1, profile: 'fedora-43', fromStatus: 'DISCOVERED', outcome: 'CANCELLED' },
  });
  const { id: bastionId } = await db.prisma.bastion.findFirstOrThrow();
  const lease = { bastionId, ip: '10.0.0.20', mac: '02:00:00:00:00:20', expiresAt: new Date() };
  await db.prisma.lease.create({ data: lease });
  await db.prisma.secret.create({ data: { name: 'bmc', secretRef: 'none' } });
  await db.prisma.profile.create({ data: { name: 'own', title: 'Own', installer: 'custom' } });
  const ids: string[] = [];
  for (const { entry, kind } of Object.values(resources)) {
    const seen = await data(`{ list: ${entry.plural} { totalCount nodes { id } } }`);
    ids.push(...seen.list.nodes.map((node: { id: string }) => node.id));
    if (!kind.startsWith('Vm') && !entry.administered) expect(seen.list.totalCount).toBeGreaterThan(0);
    const refused = await ask(`{ ${entry.plural} { totalCount } }`, { scope: none });
    expect(refused.errors?.[0]?.originalError, kind).toBeInstanceOf(Forbidden);
  }
  for (const reference of ['server(by: { name: "m-000000" })', 'server(by: { name: "there-is-none" })']) {
    const refused = await ask(`{ ${reference} { id } }`, { scope: none });
    expect(refused.errors?.map(({ message }) => message)).toEqual(['You may not read any servers.']);
  }
  const named = await data(
    `query ($ids: [ID!]!) { servers { totalCount nodes { id } edges { cursor } } server(by: { name: "m-000000" }) { id } mac: server(by: { mac: "02:00:00:00:00:00" }) { id } network(by: { name: "net-0" }) { id } nodes(ids: $ids) { id } }`,
    { scope: elsewhere, variables: { ids } },
  );
  const nobody = { totalCount: 0, nodes: [], edges: [] };
  expect(named).toEqual({ servers: nobody, server: null, mac: null, network: null, nodes: ids.map(() => null) });
});

test('every edge leads only to what the caller may see', async () => {
  const { db, data } = await openGraph({ calm: true });
  await fill(db, 5);
  const fields = Object.values(resources).flatMap(({ kind, entry }) => {
    const type = schema.getType(kind);
    if (!isObjectType(type)) throw new Error(kind);
    return Object.values(type.getFields()).flatMap((field) => {
      const target = getNamedType(field.type);
      return isObjectType(target) && 'edge' in field.extensions
        ? [
            {
              kind,
              list: entry.plural,
              field: field.name,
              many: target.name.endsWith('Connection'),
              target: target.name.replace(/Connection$/, '') as KindName,
            },
          ]
        : [];
    });
  });
  expect(fields.length).toBeGreaterThan(15);
  for (const { kind, list, field, many, target } of fields) {
    // Only the kind that the edge leads from.
    const whole = ownerOf(kind);
    const plural = resources[whole].entry.plural;
    const scope: Scope = [
      {
        action: resources[kind].entry.administered ? 'admin' : 'read',
        cloud: '*',
        environment: '*',
        target: `${plural}/*`,
      },
    ];
    const below = many ? `${field} { totalCount nodes { id } }` : `${field} { id }`;
    const { rows } = await data(`{ rows: ${list} { nodes { id ${below} } } }`, { scope });
    const all = await data(`{ rows: ${list} { nodes { id } } }`);
    expect(rows.nodes.length, `${kind} itself`).toBe(all.rows.nodes.length);
    // What is a part of the same object may be seen with it.
    if (ownerOf(target) === whole) continue;
    for (const row of rows.nodes)
      expect(row[field], `${kind}.${field}`).toEqual(many ? { totalCount: 0, nodes: [] } : null);
  }
});

test('a scope keeps to its cloud, environment and names', async () => {
  const { data, ask } = await openGraph({ calm: true });
  const made = async (name: string, cloud: string) =>
    data(
      `mutation { createNetwork(input: { name: "${name}", cloud: "${cloud}", cidr: "10.0.0.0/8" }) { __typename } }`,
    );
  await made('one', 'a');
  await made('two', 'b');
  const names = async (scope: Scope) =>
    (await data('{ networks { nodes { name } } }', { scope })).networks.nodes.map(({ name }: { name: string }) => name);
  expect(await names([{ action: 'read', cloud: 'a', environment: '*', target: '*' }])).toEqual(['one']);
  expect(await names([{ action: 'read', cloud: '*', environment: 'default', target: 'networks/t*' }])).toEqual(['two']);
  await expect(names([{ action: 'apply', cloud: '*', environment: '*', target: '*' }])).rejects.toThrow('may not read');
  await expect(names([{ action: 'read', cloud: '*', environment: '*', target: 'one' }])).rejects.toThrow(
    'may not read',
  );
  const reader: Scope = [{ action: 'read', cloud: '*', environment: '*', target: '*' }];
  const answers = `__typename ... on Forbidden { permission }`;
  const refused = await ask(
    `mutation { createNetwork(input: { name: "three", cidr: "10.0.0.0/8" }) { ${answers} } deleteNetwork(by: { name: "one" }) { ${answers} } updateNetwork(by: { name: "one" }, input: { vlan: 7 }) { ${answers} } }`,
    { scope: reader },
  );
  expect(refused.data).toEqual({
    createNetwork: { __typename: 'Forbidden', permission: 'apply:default:default:networks/three' },
    deleteNetwork: { __typename: 'Forbidden', permission: 'destroy:a:default:networks/one' },
    updateNetwork: { __typename: 'Forbidden', permission: 'apply:a:default:networks/one' },
  });
  expect(await names([{ action: '*', cloud: '*', environment: '*', target: '*' }])).toEqual(['one', 'two']);
  const mover: Scope = [...reader, { action: 'apply', cloud: 'a', environment: '*', target: '*' }];
  const moved = await ask(`mutation { updateNetwork(by: { name: "one" }, input: { cloud: "b" }) { ${answers} } }`, {
    scope: mover,
  });
  expect(moved.data!.updateNetwork).toEqual({ __typename: 'Forbidden', permission: 'apply:b:default:networks/one' });
  const hidden = await ask(`mutation { deleteNetwork(by: { name: "one" }) { __typename } }`, { scope: none });
  expect(hidden.data!.deleteNetwork).toEqual({ __typename: 'NotFound' });
});

test('a watch delivers nothing to a caller who may see nothing of it', async () => {
  const { db, data, follow } = await openGraph({ calm: true });
  await fill(db, 3);
  const events = await follow('subscription { watchServers { __typename } }', { scope: elsewhere });
  expect((await events.next()).value.data.watchServers.__typename).toBe('Bookmark');
  await data('mutation { updateServer(by: { name: "m-000001" }, input: { maintenance: true }) { __typename } }');
  const own = await follow('subscription { watchServers(filter: { maintenance: { eq: true } }) { __typename } }');
  expect((await own.next()).value.data.watchServers.__typename).toBe('ServerAdded');
  const silent = await Promise.race([events.next(), new Promise((resolve) => setTimeout(resolve, 300, 'silent'))]);
  expect(silent).toBe('silent');
});

test('every root field says what it needs, and every type, field and argument what it is', () => {
  const missing: string[] = [];
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__') || ['String', 'Int', 'Float', 'Boolean', 'ID'].includes(type.name)) continue;
    if (!type.description) missing.push(type.name);
    if (isUnionType(type)) continue;
    const fields = 'getFields' in type ? Object.values(type.getFields()) : [];
    for (const field of fields) {
      if (!field.description) missing.push(`${type.name}.${field.name}`);
      if ('args' in field)
        for (const arg of field.args) if (!arg.description) missing.push(`${type.name}.${field.name}(${arg.name})`);
    }
    if ('getValues' in type)
      for (const value of type.getValues()) if (!value.description) missing.push(`${type.name}.${value.name}`);
    if (isInterfaceType(type) && type.name === 'Resource') expect(schema.getPossibleTypes(type).length).toBe(12);
  }
  expect(missing).toEqual([]);
});
