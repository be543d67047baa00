// What people decide about DHCP: ranges that fit, addresses that are nobody else's, and what the bastion of a site is told of them.
import { describe, expect, test } from 'vitest';
import { openGraph } from '../../support/graph.ts';

type Graph = Awaited<ReturnType<typeof openGraph>>;

const PROBLEM = '__typename ... on InvalidInput { field message remedy }';

async function network({ data }: Graph, input: string) {
  const { createNetwork } = await data(`mutation { createNetwork(input: { ${input} }) {
    ${PROBLEM} ... on Network { dhcpMode dhcpRange dns relay } } }`);
  return createNetwork;
}

async function server({ data }: Graph, name: string, mac: string, address: string) {
  const { createServer } = await data(`mutation { createServer(input: { name: "${name}", mac: "52:54:00:00:00:${mac}",
    address: ${address} }) { ${PROBLEM} ... on Server { address } } }`);
  return createServer as { __typename: string; address?: string; message?: string; remedy?: string };
}

const LAB = 'name: "lab", cidr: "10.77.0.0/24", gateway: "10.77.0.1", dns: ["10.77.0.2"], dhcpEnabled: true';

describe('a network', () => {
  test('says how DHCP is served on it', async () => {
    const graph = await openGraph({ calm: true });
    const said = 'dhcpMode: PROXY, dhcpRange: "10.77.0.100 - 10.77.0.199", relay: "attic"';
    expect(await network(graph, `${LAB}, ${said}`)).toEqual({
      __typename: 'Network',
      dhcpMode: 'PROXY',
      dhcpRange: '10.77.0.100-10.77.0.199',
      dns: ['10.77.0.2'],
      relay: 'attic',
    });
    const plain = await network(graph, 'name: "plain", cidr: "10.78.0.0/24"');
    expect(plain).toEqual({ __typename: 'Network', dhcpMode: 'FULL', dhcpRange: null, dns: [], relay: null });
  });

  test.each([
    ['dhcpRange: "10.77.0.100"', 'input.dhcpRange', '"10.77.0.100" is no range of IPv4 addresses.'],
    ['dhcpRange: "10.77.1.1-10.77.1.9"', 'input.dhcpRange', '10.77.1.1-10.77.1.9 does not lie in 10.77.0.0/24.'],
    ['dhcpRange: "10.77.0.9-10.77.0.255"', 'input.dhcpRange', '10.77.0.9-10.77.0.255 does not lie in 10.77.0.0/24.'],
    ['dhcpRange: "10.77.0.1-10.77.0.9"', 'input.dhcpRange', '10.77.0.1-10.77.0.9 holds 10.77.0.1, the gateway.'],
    ['dns: ["10.77.0.2", "a"]', 'input.dns[1]', '"a" is not an IP address.'],
  ])('takes no %s', async (wrong, field, message) => {
    const graph = await openGraph({ calm: true });
    const base = 'name: "lab", cidr: "10.77.0.0/24", gateway: "10.77.0.1"';
    expect(await network(graph, `${base}, ${wrong}`)).toMatchObject({ __typename: 'InvalidInput', field, message });
  });

  test('does not move away from under its range', async () => {
    const graph = await openGraph({ calm: true });
    await network(graph, `${LAB}, dhcpRange: "10.77.0.100-10.77.0.199"`);
    const { updateNetwork } = await graph.data(`mutation { updateNetwork(by: { name: "lab" },
      input: { cidr: "10.77.0.0/26" }) { ${PROBLEM} } }`);
    expect(updateNetwork).toMatchObject({ __typename: 'InvalidInput', field: 'input.cidr' });
  });
});

describe("a server's address", () => {
  test('is the lowest that is free when it is to be any, and stays when it is asked for again', async () => {
    const graph = await openGraph({ calm: true });
    await network(graph, `${LAB}, dhcpRange: "10.77.0.5-10.77.0.199"`);
    expect((await server(graph, 'a', '01', '"auto"')).address).toBe('10.77.0.3');
    expect((await server(graph, 'b', '02', '"auto:lab"')).address).toBe('10.77.0.4');
    expect((await server(graph, 'c', '03', '"auto"')).address).toBe('10.77.0.200');
    const again = await graph.data(
      'mutation { updateServer(by: { name: "a" }, input: { address: "auto" }) { ... on Server { address version } } }',
    );
    expect(again['updateServer']).toEqual({ address: '10.77.0.3', version: 1 });
    const freed = await graph.data(
      'mutation { updateServer(by: { name: "a" }, input: { address: null }) { ... on Server { address } } }',
    );
    expect(freed['updateServer']).toEqual({ address: null });
    expect((await server(graph, 'd', '04', '"auto"')).address).toBe('10.77.0.3');
  });

  test.each([
    ['"10.77.0.9"', '10.77.0.9 is taken, by server "a".'],
    ['"10.77.0.1"', '10.77.0.1 is taken, by the gateway.'],
    ['"10.77.0.2"', '10.77.0.2 is taken, by a DNS server.'],
    ['"10.77.0.255"', "10.77.0.255 is no host's in 10.77.0.0/24."],
    ['"10.99.0.1"', 'No network of default/default holds 10.99.0.1.'],
    ['"fd00::1"', '"fd00::1" is no IPv4 address.'],
    ['"auto:attic"', 'There is no IPv4 network "attic" where it belongs.'],
  ])('is not %s', async (wanted, message) => {
    const graph = await openGraph({ calm: true });
    await network(graph, LAB);
    expect(await server(graph, 'a', '01', '"10.77.0.9"')).toMatchObject({ address: '10.77.0.9' });
    expect(await server(graph, 'b', '02', wanted)).toMatchObject({ __typename: 'InvalidInput', message });
  });

  test('is in the only network there is, or in one that is named', async () => {
    const graph = await openGraph({ calm: true });
    await network(graph, LAB);
    await network(graph, 'name: "other", cidr: "10.78.0.0/24"');
    expect(await server(graph, 'a', '01', '"auto"')).toMatchObject({
      __typename: 'InvalidInput',
      remedy: 'Write auto:NETWORK. There are: lab, other.',
    });
    expect((await server(graph, 'a', '01', '"auto:other"')).address).toBe('10.78.0.1');
  });

  test('is no address that another server reports', async () => {
    const graph = await openGraph({ calm: true });
    await network(graph, LAB);
    await server(graph, 'a', '01', 'null');
    const [a, lab] = [
      await graph.db.prisma.server.findFirstOrThrow(),
      await graph.db.prisma.network.findFirstOrThrow(),
    ];
    await graph.db.prisma.serverNic.create({
      data: { serverId: a.id, name: 'eno1', mac: '52:54:00:00:00:01', ip: '10.77.0.3', networkId: lab.id },
    });
    expect((await server(graph, 'b', '02', '"10.77.0.3"')).message).toMatch(/by server "a"/);
    expect((await server(graph, 'b', '02', '"auto"')).address).toBe('10.77.0.4');
    const own = await graph.data(
      'mutation { updateServer(by: { name: "a" }, input: { address: "10.77.0.3" }) { ... on Server { address } } }',
    );
    expect(own['updateServer']).toEqual({ address: '10.77.0.3' });
  });
});

test('a bastion is told of its own place, and of what another serves nothing', async () => {
  const graph = await openGraph({ calm: true });
  await graph.data('mutation { createBastion(input: { name: "attic" }) { __typename } }');
  await network(graph, `${LAB}, dhcpRange: "10.77.0.100-10.77.0.199"`);
  await network(graph, 'name: "far", cidr: "10.79.0.0/24", dhcpEnabled: true, relay: "attic"');
  await network(graph, 'name: "others", cidr: "10.80.0.0/24", dhcpEnabled: true, relay: "cellar"');
  await network(graph, 'name: "off", cidr: "10.81.0.0/24"');
  await network(graph, 'name: "elsewhere", cidr: "10.82.0.0/24", dhcpEnabled: true, cloud: "other"');
  await server(graph, 'web', '01', '"10.77.0.9"');
  await server(graph, 'none', '02', 'null');
  const { id } = (await graph.data('{ bastion(by: { name: "attic" }) { id } }'))['bastion'] as { id: string };
  const ask = async (known: string | null) =>
    (
      await graph.data(`{ bastionSite(bastion: "${id}", known: ${JSON.stringify(known)}) {
        tag networks { name cidr gateway dhcpMode dhcpRange dns relayed } reservations { mac ip hostname } } }`)
    )['bastionSite'] as { tag: string } | null;
  const site = await ask(null);
  expect(site).toMatchObject({
    networks: [
      { name: 'far', cidr: '10.79.0.0/24', relayed: true },
      {
        name: 'lab',
        cidr: '10.77.0.0/24',
        gateway: '10.77.0.1',
        dhcpMode: 'FULL',
        dhcpRange: '10.77.0.100-10.77.0.199',
        dns: ['10.77.0.2'],
        relayed: false,
      },
    ],
    reservations: [{ mac: '52:54:00:00:00:01', ip: '10.77.0.9', hostname: 'web' }],
  });
  expect(await ask(site!.tag)).toBeNull();
  await graph.data('mutation { updateServer(by: { name: "web" }, input: { name: "www" }) { __typename } }');
  expect((await ask(site!.tag))?.tag).not.toBe(site!.tag);
});
