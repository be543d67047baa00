// A network behind a relay agent: machines there get addresses of their own network and boot from the bastion, as those beside it do.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { layRelayedWire, openStation, type Firmware, type RelayedWire } from './lab.ts';
import { far, lan, prepare } from './serving.ts';

const efi: Firmware = { vendor: 'PXEClient:Arch:00007:UNDI:003016', architecture: 7 };
const ipxe: Firmware = { ...efi, ipxe: true };
const http: Firmware = { vendor: 'HTTPClient:Arch:00016:UNDI:003016', architecture: 16 };

/** What a router does that relays DHCP to the bastion: dnsmasq does it, and nothing else. */
async function relay({ router }: RelayedWire): Promise<void> {
  const [command, ...before] = router;
  const options = ['--conf-file=/dev/null', '--port=0', '--keep-in-foreground', '--log-facility=-', '--pid-file='];
  const child = spawn(command!, [...before, 'dnsmasq', ...options, '--dhcp-relay=10.99.0.1,10.77.0.1'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  onTestFinished(async () => {
    child.kill();
    if (child.exitCode === null) await once(child, 'exit');
  });
  for await (const line of createInterface({ input: child.stderr })) if (/DHCP relay from/.test(line)) return;
  throw new Error('The relay does not run');
}

async function site() {
  const wire = layRelayedWire();
  onTestFinished(wire.remove);
  const serving = await prepare(wire.bastion);
  onTestFinished(serving.stop);
  const station = await openStation(wire, 2_000);
  onTestFinished(station.close);
  return { wire, serving, station };
}

const text = (option: Buffer | undefined) => option?.toString('latin1').replace(/\0$/, '');
const address = (option: Buffer | undefined) => [...(option ?? [])].join('.');

test('machines behind a relay get addresses, gateway and boot file of their own network from the bastion', async () => {
  const { wire, serving, station } = await site();
  const reserved = '52:54:00:bb:00:01';
  await serving.apply({
    networks: [lan(), far],
    reservations: [{ mac: reserved, ip: '10.99.0.30', hostname: 'web' }],
  });
  expect(serving.dnsmasq.health).toEqual({ state: 'serving' });
  // The router passes nothing on yet.
  expect(await station.discover('52:54:00:bb:00:02', efi)).toBeUndefined();
  await relay(wire);
  const told = async (mac: string, firmware: Firmware) => {
    const offer = await station.discover(mac, firmware);
    const answer = await station.request(mac, firmware, offer!);
    const { options, yourAddress, nextServer } = answer!;
    return [yourAddress, address(options.get(1)), address(options.get(3)), text(options.get(67)), nextServer];
  };
  const network = ['255.255.255.128', '10.99.0.1'];
  const inRange = expect.stringMatching(/^10\.99\.0\.1\d$|^10\.99\.0\.20$/);
  expect(await told('52:54:00:bb:00:03', efi)).toEqual([inRange, ...network, 'ipxe.efi', '10.77.0.1']);
  const script = 'http://10.77.0.1:8080/boot.ipxe';
  expect(await told('52:54:00:bb:00:04', ipxe)).toEqual([inRange, ...network, script, '10.77.0.1']);
  const loader = 'http://10.77.0.1:8080/boot/ipxe.efi';
  expect(await told('52:54:00:bb:00:05', http)).toEqual([inRange, ...network, loader, '10.77.0.1']);
  expect(await told(reserved, efi)).toEqual(['10.99.0.30', ...network, 'ipxe.efi', '10.77.0.1']);
  // Their addresses and that they were seen are known as those of machines beside the bastion.
  expect(serving.book.all().map(({ mac }) => mac)).toContain(reserved);
  expect(serving.seen.map(({ mac }) => mac)).toContain('52:54:00:bb:00:03');
});

test('a network that no longer names the bastion as its relay is served no more', async () => {
  const { wire, serving, station } = await site();
  await relay(wire);
  await serving.apply({ networks: [lan(), far] });
  expect(await station.discover('52:54:00:bb:00:06', efi)).toBeDefined();
  await serving.apply({ networks: [lan()] });
  expect(await station.discover('52:54:00:bb:00:06', efi)).toBeUndefined();
});
