// Real exchanges with a real dnsmasq: each kind of client gets its own boot file, in both modes and in both at once.
import { afterEach, describe, expect, test } from 'vitest';
import { openStation, layWire, type Firmware, type Station, type Wire } from './lab.ts';
import { lan, prepare, type Serving } from './serving.ts';

// As real firmware and iPXE word them.
const efi: Firmware = { vendor: 'PXEClient:Arch:00007:UNDI:003016', architecture: 7 };
const efi9: Firmware = { vendor: 'PXEClient:Arch:00009:UNDI:003016', architecture: 9 };
const bios: Firmware = { vendor: 'PXEClient:Arch:00000:UNDI:002001', architecture: 0 };
const http: Firmware = { vendor: 'HTTPClient:Arch:00016:UNDI:003016', architecture: 16 };
const arm: Firmware = { vendor: 'PXEClient:Arch:00011:UNDI:003016', architecture: 11 };
const httpArm: Firmware = { vendor: 'HTTPClient:Arch:00019:UNDI:003016', architecture: 19 };
const ipxe: Firmware = { ...efi, ipxe: true };
const ipxeBios: Firmware = { ...bios, ipxe: true };
const debianInstaller: Firmware = { vendor: 'd-i' };
const system: Firmware = { vendor: 'udhcp 1.35.0' };

const SCRIPT = 'http://10.77.0.1:8080/boot.ipxe';
const all = ['undionly.kpxe', 'ipxe.efi', 'ipxe-arm64.efi'];
const MACHINE = '10.77.0.50';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function site(files: string[], networks = [lan()]): Promise<{ wire: Wire; serving: Serving; station: Station }> {
  const wire = layWire('10.77.0.1/24', `${MACHINE}/24`);
  undo.push(wire.remove);
  const serving = await prepare(wire.bastion, files);
  undo.push(serving.stop);
  await serving.apply({ networks });
  expect(serving.dnsmasq.health).toEqual({ state: 'serving' });
  const station = await openStation(wire);
  undo.push(station.close);
  return { wire, serving, station };
}

let made = 16;
const newMac = () => `52:54:00:aa:00:${(made++).toString(16)}`;
const text = (option: Buffer | undefined) => option?.toString('latin1').replace(/\0$/, '');

describe('in full mode', () => {
  test('each client gets an address, its own boot file and its vendor class', async () => {
    const { station } = await site(all);
    const given = async (firmware: Firmware) => {
      const mac = newMac();
      const offer = await station.discover(mac, firmware);
      const answer = offer && (await station.request(mac, firmware, offer));
      expect(answer?.yourAddress).toBe(offer?.yourAddress);
      return answer && [text(answer.options.get(67)), text(answer.options.get(60)), answer.nextServer];
    };
    const rows = { efi, efi9, bios, http, arm, httpArm, ipxe, ipxeBios, debianInstaller, system };
    const answers: Record<string, unknown> = {};
    for (const [name, firmware] of Object.entries(rows)) answers[name] = await given(firmware);
    const [PXE, HTTP, at] = ['PXEClient', 'HTTPClient', '10.77.0.1'];
    expect(answers).toEqual({
      efi: ['ipxe.efi', PXE, at],
      efi9: ['ipxe.efi', PXE, at],
      bios: ['undionly.kpxe', undefined, at],
      http: ['http://10.77.0.1:8080/boot/ipxe.efi', HTTP, at],
      arm: ['ipxe-arm64.efi', PXE, at],
      httpArm: ['http://10.77.0.1:8080/boot/ipxe-arm64.efi', HTTP, at],
      ipxe: [SCRIPT, undefined, at],
      ipxeBios: [SCRIPT, undefined, at],
      debianInstaller: [undefined, undefined, at],
      system: [undefined, undefined, at],
    });
  });

  test('an offer that says PXEClient says, too, that its boot file is to be taken as it is', async () => {
    const { station } = await site(all);
    const told = async (firmware: Firmware) =>
      (await station.discover(newMac(), firmware))?.options.get(43)?.toString('hex');
    expect(await told(efi)).toMatch(/^060108/);
    expect(await told(arm)).toMatch(/^060108/);
    for (const firmware of [bios, http, ipxe, system]) expect(await told(firmware)).toBeUndefined();
  });

  test('machines are told what the network says, and iPXE that it need not wait for a proxy', async () => {
    const { station } = await site(all, [lan({ dns: ['10.77.0.2', '10.77.0.3'] })]);
    const offer = await station.discover(newMac(), ipxe);
    const told = (code: number) => [...(offer?.options.get(code) ?? [])].join('.');
    expect([1, 3, 6].map(told)).toEqual(['255.255.255.0', '10.77.0.254', '10.77.0.2.10.77.0.3']);
    expect(text(offer?.options.get(15))).toBe('lab.test');
    expect(told(175)).toBe('176.1.1.255');
  });

  test('a client whose file is not there gets no offer, and its operating system does', async () => {
    const { station } = await site(['undionly.kpxe', 'ipxe.efi']);
    const mac = newMac();
    expect(await station.discover(mac, arm)).toBeUndefined();
    expect(await station.discover(mac, httpArm)).toBeUndefined();
    expect(await station.discover(mac, system)).toBeDefined();
  });

  test('a reserved address is for its machine, with its name, and goes when it is taken back', async () => {
    const { station, serving } = await site(all);
    const [reserved, other] = [newMac(), newMac()];
    await serving.apply({ reservations: [{ mac: reserved, ip: '10.77.0.20', hostname: 'web' }] });
    const offer = await station.discover(reserved, efi);
    expect([offer?.yourAddress, text(offer?.options.get(12))]).toEqual(['10.77.0.20', 'web']);
    expect((await station.discover(other, efi))?.yourAddress).toMatch(/^10\.77\.0\.1\d\d$/);
    await serving.apply({ reservations: [] });
    expect((await station.discover(reserved, efi))?.yourAddress).toMatch(/^10\.77\.0\.1\d\d$/);
    expect(serving.lines.filter((line) => / started,/.test(line))).toHaveLength(1);
  });

  test('a machine with an iPXE binary of its own gets that, for the firmware that it is for, and others get theirs', async () => {
    const own = ['snponly.efi', 'ipxe-shim.efi'];
    const { station, serving } = await site([...all, ...own]);
    const mac = newMac();
    const reservations = [{ mac, ip: '10.77.0.20', hostname: 'web' }];
    await serving.apply({ reservations, binaries: [{ mac, binary: 'snponly.efi' }] });
    const file = async (of: string, firmware: Firmware) =>
      text((await station.discover(of, firmware))?.options.get(67));
    expect(await file(mac, efi)).toBe('snponly.efi');
    expect(await file(mac, http)).toBe('http://10.77.0.1:8080/boot/snponly.efi');
    expect(await file(mac, bios)).toBe('undionly.kpxe');
    expect(await file(mac, ipxe)).toBe(SCRIPT);
    expect((await station.discover(mac, efi))?.yourAddress).toBe('10.77.0.20');
    // The shim is beside, and DHCP cannot tell for whom it is needed.
    expect(await file(newMac(), efi)).toBe('ipxe-shim.efi');
    expect(await file(newMac(), http)).toBe('http://10.77.0.1:8080/boot/ipxe-shim.efi');
    expect(await file(newMac(), arm)).toBe('ipxe-arm64.efi');
  });

  test('without a range reserved addresses alone are given out', async () => {
    const { station, serving } = await site(all, [lan({ range: null })]);
    const mac = newMac();
    expect(await station.discover(mac, efi)).toBeUndefined();
    await serving.apply({
      networks: [lan({ range: null })],
      reservations: [{ mac, ip: '10.77.0.20', hostname: null }],
    });
    expect((await station.discover(mac, efi))?.yourAddress).toBe('10.77.0.20');
  });
});

describe('in proxy mode', () => {
  /** What firmware boots: what its first offer says, or what the boot server does when it does not. */
  async function booted(station: Station, firmware: Firmware, mac = newMac()): Promise<unknown> {
    const offer = await station.discover(mac, firmware);
    if (!offer) return undefined;
    expect(offer.yourAddress).toBe('0.0.0.0');
    expect(text(offer.options.get(60))).toBe('PXEClient');
    if (offer.bootFile) return [offer.bootFile, 67];
    const answer = await station.askBootServer(mac, firmware, offer, MACHINE);
    return [answer?.bootFile, 4011];
  }

  test('a machine with an iPXE binary of its own is told that', async () => {
    const { station, serving } = await site([...all, 'snponly.efi'], [lan({ mode: 'proxy' })]);
    const mac = newMac();
    await serving.apply({ networks: [lan({ mode: 'proxy' })], binaries: [{ mac, binary: 'snponly.efi' }] });
    expect(await booted(station, efi, mac)).toEqual(['snponly.efi', 4011]);
    expect(await booted(station, bios, mac)).toEqual(['undionly.kpxe', 4011]);
    expect(await booted(station, efi)).toEqual(['ipxe.efi', 4011]);
    expect(await booted(station, ipxe, mac)).toEqual([SCRIPT, 4011]);
  });

  test('each client is told its own boot file, and none an address', async () => {
    const { station } = await site(all, [lan({ mode: 'proxy' })]);
    const rows = { efi, efi9, bios, http, arm, httpArm, ipxe, ipxeBios, debianInstaller, system };
    const answers: Record<string, unknown> = {};
    for (const [name, firmware] of Object.entries(rows)) answers[name] = await booted(station, firmware);
    expect(answers).toEqual({
      efi: ['ipxe.efi', 4011],
      efi9: ['ipxe.efi', 4011],
      bios: ['undionly.kpxe', 4011],
      http: undefined,
      arm: ['ipxe-arm64.efi', 4011],
      httpArm: undefined,
      ipxe: [SCRIPT, 4011],
      ipxeBios: [SCRIPT, 67],
      debianInstaller: undefined,
      system: undefined,
    });
  });

  test('a client whose file is not there gets no offer', async () => {
    const { station } = await site(['undionly.kpxe', 'ipxe.efi'], [lan({ mode: 'proxy' })]);
    expect(await station.discover(newMac(), arm)).toBeUndefined();
  });
});

test('beside a network in proxy mode, one in full mode is served as if it were alone, and the other way round', async () => {
  const elsewhere = { cidr: '10.88.0.0/24', interface: 'other0', address: '10.88.0.1' };
  const full = await site(all, [lan(), lan({ ...elsewhere, name: 'other', mode: 'proxy' })]);
  const offers: (string | undefined)[] = [];
  for (const firmware of [efi, bios, ipxe]) {
    const offer = await full.station.discover(newMac(), firmware);
    // Boot servers and menus are to be skipped: the file in the offer is what to boot.
    expect([...offer!.options.get(43)!].slice(0, 3)).toEqual([6, 1, 8]);
    offers.push(text(offer!.options.get(67)) ?? offer!.bootFile);
  }
  expect(offers).toEqual(['ipxe.efi', 'undionly.kpxe', SCRIPT]);

  const range = '10.88.0.100-10.88.0.199';
  const proxy = await site(all, [lan({ mode: 'proxy' }), lan({ ...elsewhere, name: 'other', range })]);
  expect(await proxy.station.discover(newMac(), system)).toBeUndefined();
  const mac = newMac();
  const offer = await proxy.station.discover(mac, efi);
  expect((await proxy.station.askBootServer(mac, efi, offer!, MACHINE))?.bootFile).toBe('ipxe.efi');
});
