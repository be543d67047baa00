// Which server a MAC means, when more than one has it.
import { expect, test } from 'vitest';
import type { Scope } from '../../../server/domain/access/caller.ts';
import { openGraph } from '../../support/graph.ts';

const problem = '__typename ... on UserError { message remedy }';
const make = (name: string, mac: string, more = '') =>
  `mutation { createServer(input: { name: "${name}", mac: "${mac}"${more} }) { ${problem} } }`;
const bridge = '02:42:00:00:00:01';

/** Servers that all have one NIC in common, besides the one they boot from. */
async function bridged() {
  const graph = await openGraph({ calm: true });
  for (const [i, name] of ['one', 'two', 'three'].entries()) {
    await graph.data(make(name, `52:54:00:00:00:0${i}`, `, environment: "${i < 2 ? 'lab' : 'secret'}"`));
    const { id } = (await graph.db.prisma.server.findUnique({ where: { name } }))!;
    await graph.db.prisma.serverNic.create({ data: { serverId: id, name: 'br0', mac: bridge } });
  }
  return graph;
}

const scope: Scope = ['read', 'apply'].map((action) => ({
  action: action as 'read' | 'apply',
  cloud: '*',
  environment: 'lab',
  target: '*',
}));
const one = `{ server(by: { mac: "${bridge}" }) { name } }`;

test('a MAC means the server that boots from it, whoever else has it', async () => {
  const { db, data } = await bridged();
  await db.prisma.server.update({ where: { name: 'three' }, data: { bootMac: bridge } });
  expect((await data(one)).server).toEqual({ name: 'three' });
  const { updateServer } = await data(
    `mutation { updateServer(by: { mac: "${bridge}" }, input: { role: WORKER }) { ... on Server { name } ${problem} } }`,
  );
  expect(updateServer).toEqual({ __typename: 'Server', name: 'three' });
  await data('mutation { createCluster(input: { name: "k" }) { __typename } }');
  const { createClusterMember } = await data(
    `mutation { createClusterMember(input: { cluster: { name: "k" }, server: { mac: "${bridge}" }, role: WORKER }) { ${problem} ... on ClusterMember { server { name } } } }`,
  );
  expect(createClusterMember).toEqual({ __typename: 'ClusterMember', server: { name: 'three' } });
});

test('a MAC that several servers have is a conflict, which names those that the caller may see', async () => {
  const { data, ask } = await bridged();
  const conflict = async (as: Scope) => {
    const { data: found, errors } = await ask(one, { scope: as });
    expect(found).toEqual({ server: null });
    expect(errors![0]!.extensions['code']).toBe('CONFLICT');
    return errors![0]!.message;
  };
  const all: Scope = [{ action: '*', cloud: '*', environment: '*', target: '*' }];
  expect(await conflict(all)).toBe(`Several servers are meant by "${bridge}": one, three, two. Refer to one by name.`);
  expect(await conflict(scope)).toBe(`Several servers are meant by "${bridge}": one, two. Refer to one by name.`);
  const { deleteServer } = await data(`mutation { deleteServer(by: { mac: "${bridge}" }) { ${problem} } }`);
  expect(deleteServer).toMatchObject({
    __typename: 'Conflict',
    message: `Several servers are meant by "${bridge}": one, two, three.`,
  });
  const single: Scope = [{ action: 'read', cloud: '*', environment: 'secret', target: '*' }];
  expect((await data(one, { scope: single })).server).toEqual({ name: 'three' });
});

test.each([
  ['boots from', '5254.0000.0001', 'Server "two" has the MAC 52:54:00:00:00:01 already.'],
  ['has a NIC with', bridge, `Server "one" has the MAC ${bridge} already.`],
])('no server is made with a MAC that another one %s', async (_how, mac, message) => {
  const { db, data } = await bridged();
  const { createServer } = await data(make('four', mac), { scope: [...scope, ...scope.map(inDefault)] });
  expect(createServer).toMatchObject({
    __typename: 'Conflict',
    message,
    remedy: expect.stringContaining('lab describe server') as string,
  });
  expect(await db.prisma.server.count()).toBe(3);
});

const inDefault = (grant: Scope[number]) => ({ ...grant, environment: 'default' });

test('a server that the caller may not see is not told of when its MAC is asked for elsewhere', async () => {
  const { data, ask } = await bridged();
  const here = scope.map(inDefault);
  const { createServer } = await data(make('four', '52:54:00:00:00:02'), { scope: here });
  expect(createServer.__typename).toBe('Server');
  expect(JSON.stringify(createServer)).not.toContain('three');
  const { data: refused } = await ask(make('four', '52:54:00:00:00:02'), { scope: [here[0]!] });
  expect(refused!.createServer.__typename).toBe('Forbidden');
});
