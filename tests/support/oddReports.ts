// Discovery reports as no ramdisk should post them: whole ones, of which some fields are odd in ways that hardware, firmware
// and scripts make them.
import fc from 'fast-check';

type Json = Record<string, unknown>;

const octet = (n: number) => (n & 255).toString(16).padStart(2, '0');
export const oddMac = (n: number): string => `38:05:26:${octet(n >> 8)}:${octet(n)}:00`;

/** A report with nothing odd in it. */
const whole = (n: number) => ({
  mac: oddMac(n),
  arch: 'x86_64',
  cpu_model: 'AMD Ryzen 7 8845HS',
  cpu_cores: 8,
  memory_gb: 62.5,
  manufacturer: 'ACME',
  product: 'MiniServer',
  serial: `ODD${n}X`,
  uuid: `4c4c4544-0001-4000-8000-${n.toString(16).padStart(12, '0')}`,
  firmware: 'uefi',
  tpm: '2.0',
  bmc_address: `10.9.${n >> 8}.${n & 255}`,
  gpus: [`NVIDIA 10de:2204 of ${n}`],
  disks: [disk(`${n}A`), { ...disk(`${n}B`), name: 'sdb' }],
  nics: [
    nic(oddMac(n)),
    { ...nic(oddMac(n).replace(/00$/, '01')), name: 'eno2', ip: '', state: 'down', addresses: [] },
  ],
});

const disk = (serial: string) => ({
  name: 'sda',
  size_gb: 1000.2,
  model: 'WD SN770',
  serial: `D${serial}`,
  wwn: `0x5000C500${serial}`,
  transport: 'sata',
  rotational: false,
  removable: false,
  partitions: 3,
});

const nic = (mac: string) => ({
  name: 'eno1',
  mac,
  ip: '192.168.8.20',
  state: 'up',
  addresses: ['192.168.8.20/24', 'fe80::1/64'],
  speed_mbps: 1000,
  driver: 'igb',
  pci_address: '0000:01:00.0',
  bond: '',
  vlan_parent: '',
  lldp_switch: 'rack-4',
  lldp_port: 'Eth1/7',
});

/** One way in which a field is odd: what comes in its place, and which fields are told for it. */
type Oddity = readonly [value: unknown, ...told: string[]];
type Report = ReturnType<typeof whole>;

const texts = (name: string): Oddity[] => [
  [12_345, name],
  [1e21, name],
  [true, name],
  [['SN1'], name],
  [{ value: 'SN1' }, name],
  ['SN\u0000ABC', name],
  ['S'.repeat(5_000), name],
  [null],
  [''],
  ['\n\u0000'],
];
const numbers = (name: string): Oddity[] => [
  [-1, name],
  [1e300, name],
  ['8', name],
  [[8], name],
  [{}, name],
  [false, name],
  [null],
  [-0],
];

/** The first of some parts with other values. */
const first = (parts: readonly Json[], other: Json) => [{ ...parts[0], ...other }, ...parts.slice(1)];

/** Long addresses that are a machine's own. */
const infiniband = (mac: string) => `80:00:00:48:fe:80:00:00:00:00:00:00:f4:52:${mac}`;
const fireWire = (mac: string) => `00:11:${mac}`;

/** By field: the ways in which it is odd. */
const oddities: Readonly<Record<string, (report: Report) => readonly Oddity[]>> = {
  arch: () => texts('arch'),
  cpu_model: () => texts('cpu_model'),
  manufacturer: () => texts('manufacturer'),
  product: () => texts('product'),
  serial: () => texts('serial'),
  uuid: () => [[7, 'uuid'], [{}, 'uuid'], ['Not Settable'], [null]],
  tpm: () => texts('tpm'),
  cpu_cores: () => [[7.5, 'cpu_cores'], ...numbers('cpu_cores')],
  memory_gb: () => numbers('memory_gb'),
  firmware: () => [['efi', 'firmware'], [1, 'firmware'], [[], 'firmware'], ['UEFI'], [null]],
  bmc_address: () => [['none', 'bmc_address'], [0, 'bmc_address'], ['10.9.300.1', 'bmc_address'], ['']],
  gpus: () => [
    ['NVIDIA', 'gpus'],
    [{ 0: 'NVIDIA' }, 'gpus'],
    [[null, 7, 'NVIDIA'], 'gpus[0]', 'gpus[1]'],
    [Array.from({ length: 70 }, (_, at) => `GPU ${at}`), 'gpus'],
  ],
  disks: ({ disks }) => [
    [{ sda: disks[0] }, 'disks'],
    ['sda', 'disks'],
    [null],
    [[null, [], 'sda', ...disks], 'disks[0]', 'disks[1]', 'disks[2]'],
    [first(disks, { name: null }), 'disks[0].name'],
    [first(disks, { name: 0 }), 'disks[0].name'],
    [first(disks, { name: 'sdb' }), 'disks[0]'],
    [first(disks, { size_gb: -5 }), 'disks[0].size_gb'],
    [first(disks, { size_gb: '1 TB', serial: 9 }), 'disks[0].size_gb', 'disks[0].serial'],
    [first(disks, { rotational: '0', removable: 1 }), 'disks[0].rotational', 'disks[0].removable'],
    [first(disks, { partitions: 1e9 }), 'disks[0].partitions'],
    [first(disks, { wwn: [[[['deep']]]] }), 'disks[0].wwn'],
    [Array.from({ length: 300 }, (_, at) => ({ name: `sd${at}`, size_gb: at })), 'disks'],
  ],
  nics: ({ mac, nics }) => [
    [{ eno1: nics[0] }, 'nics'],
    [7, 'nics'],
    [null],
    [[...nics, { name: 'lo', mac: '00:00:00:00:00:00', ip: '127.0.0.1' }], 'nics[2].mac'],
    [[...nics, { name: 'ib0', mac: infiniband(mac) }]],
    [[...nics, { name: 'fw0', mac: fireWire(mac) }]],
    [[...nics, { name: 'tun0', mac: '' }], 'nics[2].mac'],
    [[...nics, { name: 'sit0', mac: '0.0.0.0' }], 'nics[2].mac'],
    [first(nics, { speed_mbps: -1 }), 'nics[0].speed_mbps'],
    [first(nics, { ip: 'dhcp', addresses: [null, 'x'] }), 'nics[0].ip', 'nics[0].addresses[0]', 'nics[0].addresses[1]'],
    [first(nics, { addresses: '192.168.8.20/24' }), 'nics[0].addresses'],
    [first(nics, { driver: {}, lldp_port: 7 }), 'nics[0].driver', 'nics[0].lldp_port'],
    [first(nics, { state: 6 }), 'nics[0].state'],
    [first(nics, { name: 'eno2' }), 'nics[0]'],
  ],
};

interface OddReport {
  readonly report: Json;
  /** The fields that are told */
  readonly told: string[];
}

/** So many reports, each of a machine of its own with up to four odd fields: the same for the same number. */
export function oddReports(count: number): OddReport[] {
  const choice = fc.tuple(
    fc.shuffledSubarray(Object.keys(oddities), { minLength: 1, maxLength: 4 }),
    fc.array(fc.nat(), { minLength: 4, maxLength: 4 }),
  );
  return fc.sample(choice, { numRuns: count, seed: 14 }).map(([names, which], n) => {
    const report = whole(n);
    const chosen = names.map((name, at) => {
      const ways = oddities[name]!(report);
      const [value, ...told] = ways[which[at]! % ways.length]!;
      return { name, value, told };
    });
    return {
      report: { ...report, ...Object.fromEntries(chosen.map(({ name, value }) => [name, value])) },
      told: chosen.flatMap(({ told }) => told).toSorted(),
    };
  });
}
