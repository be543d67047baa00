// Search: a part of anything that people read off a machine finds it, now, as of a revision, and in a watch.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MIGRATIONS } from '../../support/database.ts';
import { openGraph, type TestGraph } from '../../support/graph.ts';
import { machine, openFleet } from '../../server/domain/fleet/fleet.ts';
import { readGrant } from '../../../server/domain/grants.ts';

const list = `query ($search: String, $at: Revision) {
  found: servers(filter: { search: $search }, at: $at) { nodes { name } totalCount }
  others: servers(filter: { not: { search: $search } }, at: $at) { nodes { name } } }`;

const named = (connection: { nodes: { name: string }[] }) => connection.nodes.map(({ name }) => name);

/** Two machines whose every text differs; revisions are of the log, so what is made here can be looked back at. */
async function openTwo(): Promise<TestGraph> {
  const graph = await openGraph({ calm: true });
  const fleet = await openFleet({}, graph.db);
  const bastion = await fleet.connect('site');
  const nic = {
    ip: '192.168.8.20',
    addresses: ['192.168.8.20/24', '10.1.2.3/16', 'fe80::a1/64'],
    state: 'UP' as const,
  };
  await bastion.report(
    machine(1, {
      mac: '38:05:25:33:e2:e4',
      vendor: 'Dell Inc. 100%',
      serial: 'SN_123x',
      uuid: '11111111-2222-4333-8444-555555555555',
      nics: [{ name: 'eno1', mac: '38:05:25:33:e2:e4', ...nic }],
      disks: [{ name: 'sda', serial: 'WD-77', sizeGb: 1 }],
    }),
  );
  await bastion.report(
    machine(2, {
      mac: '52:54:00:aa:00:02',
      vendor: 'ACME',
      serial: 'ZZ9',
      uuid: 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee',
      nics: [{ name: 'eno1', mac: '52:54:00:aa:00:02', ip: '172.128.0.5', addresses: [], state: 'UP' }],
      disks: [],
    }),
  );
  const servers = await graph.db.prisma.server.findMany({ orderBy: { serial: 'asc' } });
  const label = (id: string, name: string, labels: object) =>
    graph.data(
      'mutation ($by: ServerBy!, $input: UpdateServerInput!) { updateServer(by: $by, input: $input) { __typename } }',
      {
        variables: { by: { id }, input: { name, labels } },
      },
    );
  await label(servers[0]!.id, 'alpha', { rack: 'a1', row: 'Seven' });
  await label(servers[1]!.id, 'beta', { rack: 'b2' });
  return graph;
}

const finds: Readonly<Record<string, readonly string[]>> = {
  alph: ['alpha'],
  ALPHA: ['alpha'],
  '38:05': ['alpha'],
  '8:05:2': ['alpha'],
  '38-05-25': ['alpha'],
  '3805.2533': ['alpha'],
  '380525': ['alpha'],
  '80525': ['alpha'],
  'E2:E4': ['alpha'],
  '192.168.8': ['alpha'],
  '168.8.20': ['alpha'],
  '10.1.2.3': ['alpha'],
  'fe80:0::a1': ['alpha'],
  '172.128': ['beta'],
  sn_1: ['alpha'],
  'SN%1': [],
  '100%': ['alpha'],
  dell: ['alpha'],
  'wd-7': ['alpha'],
  '2222-4333': ['alpha'],
  'rack=a1': ['alpha'],
  'rack=': ['alpha', 'beta'],
  seven: ['alpha'],
  'even,': [],
  ' b2 ': ['beta'],
  // What engines write behind an address is no part of it, but the same digits in it are.
  '128': ['beta'],
  '172': ['beta'],
  '/32': [],
  '/3': [],
  'no such': [],
};

test('a part of a name, MAC, address, serial number, vendor or label finds a server, and `not` all the others', async () => {
  const graph = await openTwo();
  for (const [search, expected] of Object.entries(finds)) {
    const { found, others } = await graph.data(list, { variables: { search } });
    expect([search, ...named(found)]).toEqual([search, ...expected]);
    expect([search, found.totalCount]).toEqual([search, expected.length]);
    expect(named(others)).toEqual(['alpha', 'beta'].filter((name) => !expected.includes(name)));
  }
});

test('a revision is searched as it was', async () => {
  const graph = await openTwo();
  const { servers } = await graph.data('{ servers { revision } }');
  await graph.data('mutation { deleteServer(by: { name: "alpha" }) { __typename } }');
  for (const [search, expected] of Object.entries(finds)) {
    const { found, others } = await graph.data(list, { variables: { search, at: servers.revision } });
    expect([search, ...named(found)]).toEqual([search, ...expected]);
    expect(named(others)).toEqual(['alpha', 'beta'].filter((name) => !expected.includes(name)));
  }
});

test('who may see only one of them finds only that, whatever is searched for', async () => {
  const graph = await openTwo();
  const scope = [readGrant('read:*:*:beta')];
  for (const [search, expected] of Object.entries({ 'rack=': 1, '38:05': 0, '192.168.8': 0, a: 1, 'WD-77': 0 })) {
    const { found, others } = await graph.data(list, { variables: { search }, scope });
    expect([search, named(found), found.totalCount]).toEqual([search, ['beta'].slice(0, expected), expected]);
    expect([search, named(others)]).toEqual([search, ['beta'].slice(expected)]);
  }
});

test('a watch looks through what the row has itself, and tells who comes to be found and who no longer is', async () => {
  const graph = await openTwo();
  const events = await graph.follow(
    `subscription { watchServers(filter: { search: "RACK=c" }) { __typename ... on ServerAdded { server { name } } ... on ServerDeleted { server { name } } } }`,
  );
  const next = async () => (await events.next()).value.data.watchServers as { __typename: string };
  expect((await next()).__typename).toBe('Bookmark');
  const label = (rack: string) =>
    graph.data(
      `mutation { updateServer(by: { name: "beta" }, input: { labels: { rack: "${rack}" } }) { __typename } }`,
    );
  await label('c3');
  expect(await next()).toEqual({ __typename: 'ServerAdded', server: { name: 'beta' } });
  await label('d');
  expect(await next()).toEqual({ __typename: 'ServerDeleted', server: { name: 'beta' } });
});

test('labels that were there before they were searched are found', async () => {
  const graph = await openTwo();
  const texts = async () =>
    (await graph.db.prisma.server.findMany({ orderBy: { name: 'asc' } })).map(({ labelText }) => labelText);
  await graph.db.prisma.server.updateMany({ data: { labelText: '' } });
  const [folder] = (await readdir(MIGRATIONS)).filter((name) => name.endsWith('_label_text_before'));
  const statements = (await readFile(join(MIGRATIONS, folder!, 'migration.sql'), 'utf8')).split(';\n');
  for (const statement of statements.filter(Boolean)) await graph.db.prisma.$executeRawUnsafe(statement);
  expect(await texts()).toEqual(['rack=a1,row=Seven', 'rack=b2']);
});

test('labels are found at a moment of which the log was written before they were searched', async () => {
  const graph = await openTwo();
  const { servers } = await graph.data('{ servers { revision } }');
  await graph.data('mutation { updateServer(by: { name: "alpha" }, input: { labels: {} }) { __typename } }');
  await graph.db.prisma.$executeRaw`UPDATE "change" SET before = before - 'labelText', after = after - 'labelText'`;
  const { found } = await graph.data(list, { variables: { search: 'rack=a1', at: servers.revision } });
  expect(named(found)).toEqual(['alpha']);
});

test('other kinds are searched by what they have, and nothing at all is refused in words', async () => {
  const graph = await openTwo();
  await graph.data(
    'mutation { createNetwork(input: { name: "lab", cidr: "10.9.0.0/16", domain: "Lab.Example" }) { __typename } }',
  );
  const networks = async (search: string) =>
    named(
      (
        await graph.data('query ($s: String) { networks(filter: { search: $s }) { nodes { name } } }', {
          variables: { s: search },
        })
      ).networks,
    );
  for (const search of ['la', '10.9', '0.0/16', 'EXAMPLE']) expect(await networks(search)).toEqual(['lab']);
  expect(await networks('10.8')).toEqual([]);
  for (const search of ['', '  ', '\u0000', 'x'.repeat(101)]) {
    const { errors } = await graph.ask(list, { variables: { search } });
    expect(new Set(errors?.map(({ extensions }) => extensions['code']))).toEqual(new Set(['BAD_USER_INPUT']));
    expect(errors![0]!.message).toMatch(/search/);
  }
});
