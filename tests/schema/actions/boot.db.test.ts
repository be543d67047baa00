// How a server boots: what people say of it, what is known of its model, and what the bastion of its place is told.
import { expect, test } from 'vitest';
import { models } from '../../../common/boot/models.ts';
import { isArgument, isBinaryName, isConsole, lengthOf, MOST_SAID } from '../../../common/boot/way.ts';
import { openGraph } from '../../support/graph.ts';

type Graph = Awaited<ReturnType<typeof openGraph>>;

const said = (graph: Graph, boot: unknown) =>
  graph.data(
    `mutation Say($boot: JSON) { updateServer(by: { name: "a" }, input: { boot: $boot }) {
      __typename ... on InvalidInput { field message remedy } ... on Server { boot } } }`,
    { variables: { boot } },
  );

async function withServer(): Promise<Graph> {
  const graph = await openGraph({ calm: true });
  await graph.data('mutation { createBastion(input: { name: "attic" }) { __typename } }');
  await graph.data('mutation { createServer(input: { name: "a", mac: "52:54:00:00:00:01" }) { __typename } }');
  return graph;
}

async function boots(graph: Graph): Promise<unknown> {
  const { bastion } = await graph.data('{ bastion(by: { name: "attic" }) { id } }');
  const { id } = bastion as { id: string };
  return (await graph.data(`{ bastionSite(bastion: "${id}") { boots { mac way } } }`))['bastionSite'];
}

test('is told to the bastion: what is known of the model, and over it what people said', async () => {
  const graph = await withServer();
  expect(await boots(graph)).toEqual({ boots: [] });
  const way = { leave: 'exit', arguments: ['console=ttyS1,115200n8'] };
  expect(await said(graph, way)).toEqual({ updateServer: { __typename: 'Server', boot: way } });
  expect(await boots(graph)).toEqual({ boots: [{ mac: '52:54:00:00:00:01', way }] });
  const [model] = models;
  await graph.db.prisma.server.updateMany({ data: { vendor: model!.vendor, product: model!.products[0]! } });
  expect(await boots(graph)).toEqual({ boots: [{ mac: '52:54:00:00:00:01', way: { ...model!.way, ...way } }] });
  await said(graph, { binary: 'ipxe.efi' });
  expect(await boots(graph)).toEqual({
    boots: [{ mac: '52:54:00:00:00:01', way: { ...model!.way, binary: 'ipxe.efi' } }],
  });
  const { server } = await graph.data('{ server(by: { name: "a" }) { boot firmwareBug } }');
  expect(server).toEqual({ boot: { binary: 'ipxe.efi' }, firmwareBug: model!.bug });
});

test.each([
  [{ binary: '../../etc/shadow' }, 'binary'],
  [{ binary: 'x.efi,,10.0.0.1' }, 'binary'],
  [{ binary: 'x.efi\ndhcp-script=/bin/sh' }, 'binary'],
  [{ binary: 'x.sh' }, 'binary'],
  [{ leave: 'chain http://evil.example' }, 'leave'],
  [{ arguments: ['quiet init=/bin/sh'] }, 'arguments[0]'],
  [{ arguments: ['quiet', '||'] }, 'arguments[1]'],
  [{ arguments: ['${net0/mac}'] }, 'arguments[0]'],
  [{ arguments: 'quiet' }, 'arguments'],
  [{ arguments: ['#'] }, 'arguments[0]'],
  [{ arguments: ['quiet', '#quiet'] }, 'arguments[1]'],
  [{ arguments: ['lab.script=http://evil.example/x/y'] }, 'arguments[0]'],
  [{ arguments: ['bastion.url=http://evil.example:8080'] }, 'arguments[0]'],
  [{ arguments: ['bastion.mode=wipe'] }, 'arguments[0]'],
  [{ arguments: ['BOOTIF=01-52-54-00-00-00-09'] }, 'arguments[0]'],
  [{ arguments: ['initrd=other'] }, 'arguments[0]'],
  [{ arguments: ['rdinit=/bin/sh'] }, 'arguments[0]'],
  [{ arguments: ['ARGUMENTS=bastion.mode=wipe'] }, 'arguments[0]'],
  [{ arguments: ['--'] }, 'arguments[0]'],
  [{ arguments: ['---'] }, 'arguments[0]'],
  [{ arguments: ['x="'] }, 'arguments[0]'],
  [{ arguments: Array.from({ length: 10 }, () => 'x'.repeat(200)) }, 'arguments'],
  [{ arguments: ['a'.repeat(250), 'b'.repeat(250)], consoles: ['ttyS1,115200n8'] }, 'arguments'],
  [{ consoles: ['ttyS0\nreboot'] }, 'consoles[0]'],
  [{ consoles: ['console=ttyS1,115200n8'] }, 'consoles[0]'],
  [{ script: '#!ipxe' }, ''],
])('takes no %j', async (boot, where) => {
  const graph = await withServer();
  const { updateServer } = await said(graph, boot);
  expect(updateServer).toMatchObject({ __typename: 'InvalidInput' });
  expect((updateServer as { field: string }).field).toContain(`input.boot${where && `.${where}`}`);
  expect(await boots(graph)).toEqual({ boots: [] });
});

test('what is refused of consoles says how it is written right', async () => {
  const graph = await withServer();
  const { updateServer } = await said(graph, { consoles: ['console=ttyS1'] });
  expect((updateServer as { remedy: string }).remedy).toBe(
    'Write a device as behind console=, such as ttyS1,115200n8.',
  );
  const boot = { consoles: ['ttyS1,115200n8', 'uart8250,io,0x3f8,115200n8', 'hvc0'] };
  expect(await said(graph, boot)).toEqual({ updateServer: { __typename: 'Server', boot } });
});

test('models say no more than scripts and DHCP can take, and who says it', () => {
  for (const { way, bug, source } of models) {
    expect(bug).toMatch(/\.$/);
    expect(source).toMatch(/#\d/);
    if (way.binary !== undefined) expect(isBinaryName(way.binary)).toBe(true);
    expect([...(way.arguments ?? [])].filter((word) => !isArgument(word))).toEqual([]);
    expect([...(way.consoles ?? [])].filter((word) => !isConsole(word))).toEqual([]);
    expect(lengthOf(way)).toBeLessThanOrEqual(MOST_SAID);
  }
});
