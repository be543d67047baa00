// Models of machines as they are found in labs, and what varies between two of one model.
import type { Random } from './random.ts';

export interface Model {
  manufacturer: string;
  product: string;
  arch: 'x86_64' | 'aarch64';
  firmware: 'uefi' | 'bios';
  cpus: readonly { model: string; cores: number }[];
  /** GiB */
  memory: readonly number[];
  /** One of these sets of interfaces; `oui` is the maker's part of the address */
  nics: readonly (readonly { name: string; oui: string }[])[];
  /** One of these sets of disks; decimal GB */
  disks: readonly (readonly { name: string; size: number; model: string }[])[];
  serial: (random: Random) => string;
}

const same = (count: number, name: (n: number) => string, size: number, model: string) =>
  Array.from({ length: count }, (_, n) => ({ name: name(n), size, model }));
const nvme = (count: number, size: number, model: string) => same(count, (n) => `nvme${n}n1`, size, model);
const sd = (count: number, size: number, model: string) =>
  same(count, (n) => `sd${'abcdefghijklmnop'[n]}`, size, model);
const ports = (oui: string, ...names: string[]) => names.map((name) => ({ name, oui }));

/** Rack servers, small machines, old ones that only know BIOS, and arm64 ones. */
export const models: readonly Model[] = [
  {
    manufacturer: 'Dell Inc.',
    product: 'PowerEdge R650',
    arch: 'x86_64',
    firmware: 'uefi',
    cpus: [
      { model: 'Intel(R) Xeon(R) Gold 6338 CPU @ 2.00GHz', cores: 64 },
      { model: 'Intel(R) Xeon(R) Silver 4314 CPU @ 2.40GHz', cores: 32 },
    ],
    memory: [128, 256, 512],
    nics: [
      ports('b0:7b:25', 'eno8303', 'eno8403'),
      [...ports('b0:7b:25', 'eno8303', 'eno8403'), ...ports('b8:59:9f', 'ens3f0np0', 'ens3f1np1')],
    ],
    disks: [
      [...sd(2, 480, 'MTFDDAK480TDS'), ...nvme(2, 3840.8, 'Dell Ent NVMe P5500 RI U.2 3.84TB')],
      sd(8, 1920.4, 'SAMSUNG MZ7L31T9HBLT'),
    ],
    serial: (random) => random.digits(7).replaceAll(/[AEIOU]/g, 'X'),
  },
  {
    manufacturer: 'HPE',
    product: 'ProLiant DL360 Gen10',
    arch: 'x86_64',
    firmware: 'uefi',
    cpus: [{ model: 'Intel(R) Xeon(R) Gold 5218 CPU @ 2.30GHz', cores: 32 }],
    memory: [64, 128, 192],
    nics: [
      ports('94:40:c9', 'eno1', 'eno2', 'eno3', 'eno4'),
      [...ports('94:40:c9', 'eno1', 'eno2', 'eno3', 'eno4'), ...ports('48:df:37', 'eno5', 'eno6')],
    ],
    disks: [sd(4, 1200.2, 'EG001200JWJNQ'), sd(2, 960.1, 'VK000960GWTTB')],
    serial: (random) =>
      `CZ${random.whole(10)}${random.whole(10)}${random.whole(10)}${random.whole(10)}0${random.digits(3)}`,
  },
  {
    manufacturer: 'Supermicro',
    product: 'SYS-1029U-TR4',
    arch: 'x86_64',
    firmware: 'uefi',
    cpus: [{ model: 'Intel(R) Xeon(R) Silver 4210 CPU @ 2.20GHz', cores: 20 }],
    memory: [96, 192],
    nics: [ports('3c:ec:ef', 'eno1', 'eno2', 'eno3', 'eno4')],
    disks: [
      [...sd(1, 240, 'INTEL SSDSC2KB240G8'), ...nvme(1, 1600.3, 'INTEL SSDPE2KE016T8')],
      nvme(2, 2000.4, 'Samsung SSD 980 PRO 2TB'),
    ],
    serial: (random) => `S${random.whole(900_000) + 100_000}X${random.whole(9_000_000) + 1_000_000}`,
  },
  {
    manufacturer: 'Lenovo',
    product: 'ThinkSystem SR630',
    arch: 'x86_64',
    firmware: 'uefi',
    cpus: [{ model: 'Intel(R) Xeon(R) Bronze 3204 CPU @ 1.90GHz', cores: 6 }],
    memory: [32, 64],
    nics: [ports('08:94:ef', 'ens1f0', 'ens1f1')],
    disks: [sd(2, 600.1, 'ST600MM0009'), sd(3, 480.1, 'MZ7LH480HBHQ0D3')],
    serial: (random) => `J${random.digits(7)}`,
  },
  {
    manufacturer: 'ACME',
    product: 'MiniServer',
    arch: 'x86_64',
    firmware: 'uefi',
    cpus: [
      { model: 'AMD Ryzen 7 8845HS', cores: 8 },
      { model: 'AMD Ryzen 9 7940HS', cores: 8 },
    ],
    memory: [32, 64, 96],
    nics: [ports('38:05:25', 'eno1'), ports('38:05:25', 'eno1', 'enp3s0')],
    disks: [nvme(1, 1000.2, 'WD SN770'), nvme(2, 2000.4, 'WD_BLACK SN850X 2000GB')],
    serial: (random) => `SN${String(random.whole(1_000_000)).padStart(7, '0')}`,
  },
  {
    manufacturer: 'Intel(R) Client Systems',
    product: 'NUC11TNHi5',
    arch: 'x86_64',
    firmware: 'uefi',
    cpus: [{ model: '11th Gen Intel(R) Core(TM) i5-1135G7 @ 2.40GHz', cores: 4 }],
    memory: [15.5, 31.2, 62.6],
    nics: [ports('88:ae:dd', 'enp88s0')],
    disks: [
      nvme(1, 500.1, 'Samsung SSD 970 EVO Plus 500GB'),
      [...nvme(1, 250, 'KINGSTON SNVS250G'), ...sd(1, 1000.2, 'CT1000MX500SSD1')],
    ],
    serial: (random) => `G6TN${random.digits(8)}`,
  },
  {
    manufacturer: 'FUJITSU',
    product: 'PRIMERGY RX200 S7',
    arch: 'x86_64',
    firmware: 'bios',
    cpus: [{ model: 'Intel(R) Xeon(R) CPU E5-2620 0 @ 2.00GHz', cores: 12 }],
    memory: [16, 24, 48],
    nics: [ports('90:1b:0e', 'eno1', 'eno2')],
    disks: [sd(2, 300, 'MBF2300RC'), sd(4, 146.8, 'MK1401GRRB')],
    serial: (random) => `YLAR${String(random.whole(1_000_000)).padStart(6, '0')}`,
  },
  {
    manufacturer: 'PC Engines',
    product: 'apu4',
    arch: 'x86_64',
    firmware: 'bios',
    cpus: [{ model: 'AMD GX-412TC SOC', cores: 4 }],
    memory: [2, 4],
    nics: [ports('00:0d:b9', 'enp1s0', 'enp2s0', 'enp3s0', 'enp4s0')],
    disks: [sd(1, 16, 'SATA SSD'), sd(1, 120, 'Hoodisk SSD')],
    serial: (random) => String(1_300_000 + random.whole(400_000)),
  },
  {
    manufacturer: 'GIGABYTE',
    product: 'R152-P30-00',
    arch: 'aarch64',
    firmware: 'uefi',
    cpus: [{ model: 'Ampere(R) Altra(R) Processor Q80-30', cores: 80 }],
    memory: [128, 256],
    nics: [[...ports('18:c0:4d', 'enP5p1s0f0', 'enP5p1s0f1'), ...ports('b8:59:9f', 'enP1p1s0f0np0', 'enP1p1s0f1np1')]],
    disks: [nvme(2, 1920.4, 'SAMSUNG MZQL21T9HCJR-00A07'), nvme(4, 3840.8, 'Micron_7450_MTFDKCC3T8TFR')],
    serial: (random) => `GJG${random.digits(4)}A${String(random.whole(10_000)).padStart(4, '0')}`,
  },
  {
    manufacturer: 'Raspberry Pi Foundation',
    product: 'Raspberry Pi 4 Model B Rev 1.4',
    arch: 'aarch64',
    firmware: 'uefi',
    cpus: [{ model: 'Cortex-A72', cores: 4 }],
    memory: [3.7, 7.6],
    nics: [ports('dc:a6:32', 'eth0')],
    disks: [sd(1, 32, 'SD Card Reader'), sd(1, 500.1, 'SSD Portable')],
    serial: (random) => `10000000${random.digits(8).toLowerCase()}`,
  },
];
