// Machines that do not exist: varied, plausible and the same for the same seed.
import { models, type Model } from './hardware.ts';
import { mix, randomFrom, type Random } from './random.ts';

/** A discovery report, as ramdisks post it. */
export interface MachineReport {
  mac: string;
  arch: string;
  cpu_model: string;
  cpu_cores: number;
  memory_gb: number;
  manufacturer: string;
  product: string;
  serial: string;
  uuid: string;
  firmware: string;
  disks: { name: string; size_gb: number; model: string; serial: string }[];
  nics: { name: string; mac: string; ip?: string; state: string }[];
}

/** Addresses of one site's small network, before the larger range is used. */
const SMALL = 200;
/** No model has more interfaces. */
const MOST_NICS = 8;

/** The reports of so many machines. A larger number of them begins with the same ones. */
export function machines({ servers, seed }: { servers: number; seed: number }): MachineReport[] {
  return Array.from({ length: servers }, (_, index) => machine(index, seed));
}

function machine(index: number, seed: number): MachineReport {
  const random = randomFrom(seed, index);
  // A dozen machines show every model; after that chance decides.
  const model =
    index < models.length
      ? models[(index + (seed % models.length) + models.length) % models.length]!
      : random.pick(models);
  const cpu = random.pick(model.cpus);
  const serial = model.serial(random);
  const nics = interfaces(model, index, seed, random);
  return {
    mac: nics[0]!.mac,
    arch: model.arch,
    cpu_model: cpu.model,
    cpu_cores: cpu.cores,
    memory_gb: random.pick(model.memory),
    manufacturer: model.manufacturer,
    product: model.product,
    serial,
    uuid: uuid(random),
    firmware: model.firmware,
    disks: random.pick(model.disks).map(({ name, size, model: type }) => ({
      name,
      size_gb: size,
      model: type,
      serial: `${type.slice(0, 2).toUpperCase()}${random.digits(10)}`,
    })),
    nics,
  };
}

/** The first one boots, so it is up; every second later one is. */
function interfaces({ nics }: Model, index: number, seed: number, random: Random): MachineReport['nics'] {
  return random.pick(nics).map(({ name, oui }, port) => {
    const mac = `${oui}:${suffix(index * MOST_NICS + port, seed)}`;
    const up = port === 0 || random.chance(0.5);
    return up ? { name, mac, ip: address(index, port), state: 'UP' } : { name, mac, state: 'DOWN' };
  });
}

/** What the system says of itself that was installed on a machine, by its place in the list of all. */
export const installedAs = ({ nics }: MachineReport, index: number) => ({
  hostname: `node-${String(index + 1).padStart(4, '0')}`,
  ip: nics[0]!.ip,
});

/** Three bytes that no other interface of this seed has, up to two million machines. */
function suffix(number: number, seed: number): string {
  const bytes = (number ^ (mix(seed) & 0xfffff8)) & 0xffffff;
  return [bytes >> 16, bytes >> 8, bytes].map((byte) => (byte & 255).toString(16).padStart(2, '0')).join(':');
}

/** The small network first, 192.168.8.0/24 for the first interface, 192.168.9.0/24 for the second; then 10.8.0.0/13 and so on. */
function address(index: number, port: number): string {
  if (index < SMALL) return `192.168.${8 + port}.${20 + index}`;
  const host = index - SMALL;
  return `10.${8 * (1 + port) + Math.floor(host / 64_516)}.${1 + (Math.floor(host / 254) % 254)}.${1 + (host % 254)}`;
}

function uuid(random: Random): string {
  const digits = random.digits(32).toLowerCase();
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `4${digits.slice(13, 16)}`,
    `a${digits.slice(17, 20)}`,
    digits.slice(20),
  ].join('-');
}
