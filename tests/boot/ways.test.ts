// Every way on which a machine that nobody knows gets to the ramdisk: what labd holds of it then is what QEMU was told to be.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { keepEvidence } from './evidence.ts';
import { expectedOf, FIELDS, hardwareOf, UNPLUG, type Which } from './hardware.ts';
import { neighbour } from './neighbour.ts';
import { dnsmasqOn } from './net.ts';
import { openSite, type Site } from './site.ts';
import { newest } from './given.ts';
import { type Firmware, powerOn, type Vm } from './vm.ts';

const LONG = 600_000;

let site: Site;
let vm: Vm | undefined;

beforeAll(async () => {
  site = await openSite();
  await site.done('bastion', 'files', 'build', 'discovery', '--kernel', newest('.lab/kernels', '.deb'));
  await site.serves();
});
afterEach(async ({ task }) => {
  await keepEvidence(task, site.dir, vm);
  await vm?.off();
});
afterAll(() => site.stop());

interface Found {
  nics: { nodes: { mac: string; lldpSwitch: string | null }[] };
  disks: { nodes: { name: string }[] };
}

/** What labd has of a machine, once it has that. */
async function found({ name, mac }: Which, isIt: (server: Found) => boolean = () => true) {
  const document = `{ servers(filter: { bootMac: { eq: "${mac}" } }) { nodes { ${FIELDS} } } }`;
  let server: Found | undefined;
  const ask = async () => {
    [server] = (await site.ask<{ servers: { nodes: Found[] } }>(document)).servers.nodes;
    return server !== undefined && isIt(server);
  };
  await expect
    .poll(ask, { timeout: LONG - 30_000, interval: 500 })
    .toBe(true)
    .catch((error: Error) => {
      throw new Error(`${name}: ${error.message}\n${vm?.said().slice(-3_000)}`, { cause: error });
    });
  const by =
    <T>(key: keyof T) =>
    (a: T, b: T) =>
      a[key] < b[key] ? -1 : 1;
  const { nics, disks, ...rest } = server!;
  return { ...rest, nics: nics.nodes.toSorted(by('mac')), disks: disks.nodes.toSorted(by('name')) };
}

let machines = 0;

async function start(firmware: Firmware, disc?: string): Promise<Which> {
  machines += 1;
  const which = {
    name: `machine${machines}`,
    mac: `52:54:00:00:00:0${machines}`,
    uuid: `12345678-9abc-def0-1234-56789abcde0${machines}`,
  };
  vm = powerOn(site, { ...which, firmware, disks: [], ...(disc && { disc }), more: hardwareOf(site.dir, which) });
  await vm.tell(UNPLUG);
  return which;
}

test(
  'a UEFI machine by PXE, with the switch that it is plugged into',
  async () => {
    neighbour(site, 'tap0', 'tor-1', 'Ethernet1/7');
    const which = await start('uefi');
    const server = await found(which, ({ nics }) => nics.nodes.some(({ lldpSwitch }) => lldpSwitch !== null));
    expect(server).toEqual(expectedOf(which, 'UEFI', ['tor-1', 'Ethernet1/7']));
  },
  LONG,
);

test(
  'a UEFI machine by HTTP boot',
  async () => {
    const which = await start('uefi-http');
    expect(await found(which)).toEqual(expectedOf(which, 'UEFI'));
    expect(vm!.said()).toContain('>>Start HTTP Boot over IPv4');
  },
  LONG,
);

test(
  'a machine with BIOS by PXE',
  async () => {
    const which = await start('bios');
    expect(await found(which)).toEqual(expectedOf(which, 'BIOS'));
  },
  LONG,
);

test.each([
  ['UEFI', 'uefi'],
  ['BIOS', 'bios'],
] as const)(
  'a %s machine by a disc for any',
  async (firmware, how) => {
    const disc = join(site.dir, 'lab.iso');
    await site.done('bastion', 'iso', '-o', disc, '--url', 'http://10.77.0.1:8080');
    const which = await start(how, disc);
    expect(await found(which)).toEqual(expectedOf(which, firmware));
  },
  LONG,
);

test.each([
  ['UEFI', 'uefi'],
  ['BIOS', 'bios'],
] as const)(
  "a %s machine by proxy, beside a DHCP server of somebody else's",
  async (firmware, how) => {
    if (firmware === 'UEFI') {
      await site.ask(
        'mutation { updateNetwork(by: { name: "lan" }, input: { dhcpMode: PROXY, dhcpRange: null }) { __typename } }',
      );
      const at = site.plug('10.77.0.2/24');
      const leases = join(site.dir, 'foreign.leases');
      const range = [
        '--dhcp-range=10.77.0.150,10.77.0.199',
        '--dhcp-authoritative',
        `--dhcp-leasefile=${leases}`,
        '--log-dhcp',
      ];
      site.start('dnsmasq', [...dnsmasqOn('eth0'), '--no-ping', ...range], 'foreign.log', at);
    }
    const which = await start(how);
    expect(await found(which)).toEqual(expectedOf(which, firmware));
    // Its address is none of ours.
    expect(readFileSync(join(site.dir, 'foreign.leases'), 'utf8')).toContain(which.mac);
  },
  LONG,
);
