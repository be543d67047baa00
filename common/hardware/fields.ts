// What reports say of a machine, one row each: what ramdisks call it, what bastions send, what is taken of it and the
// columns that keep it follow from these tables.
import type { READ } from './values.ts';

/** One field of a report. Its key is what it is called in the graph. */
export interface Field {
  /** What ramdisks call it */
  readonly as: string;
  readonly type: keyof typeof READ;
  /** The largest number that is taken */
  readonly most?: number;
  /** Without it the part that it is of is left out */
  readonly required?: true;
}

/** A field of a machine as a whole. */
export interface Fact extends Field {
  readonly description: string;
  /** The column that keeps it, when that is not called the same */
  readonly column?: string;
}

export type Table<F extends Field = Field> = Readonly<Record<string, F>>;

export const FACTS = {
  arch: { as: 'arch', type: 'text', description: 'The architecture.' },
  cpuModel: { as: 'cpu_model', type: 'text', description: "The processor's name." },
  cpuCores: { as: 'cpu_cores', type: 'whole', most: 1_000_000, description: 'How many cores.' },
  memoryGb: { as: 'memory_gb', type: 'number', description: 'Memory, GiB.' },
  vendor: { as: 'manufacturer', type: 'text', description: 'The manufacturer, from DMI.' },
  product: { as: 'product', type: 'text', description: 'The product, from DMI.' },
  serial: { as: 'serial', type: 'text', description: 'The serial number, from DMI.' },
  uuid: { as: 'uuid', type: 'uuid', column: 'dmiUuid', description: 'The UUID, from DMI.' },
  firmware: { as: 'firmware', type: 'firmware', description: 'How it boots.' },
  tpm: { as: 'tpm', type: 'text', description: 'The version of its TPM, such as 2.0.' },
  bmcAddress: { as: 'bmc_address', type: 'address', description: 'The address of its management controller.' },
  gpus: {
    as: 'gpus',
    type: 'texts',
    description: 'What shows pictures or computes with many cores, one text each.',
  },
} as const satisfies Table<Fact>;

export const DISK = {
  name: { as: 'name', type: 'text', required: true },
  sizeGb: { as: 'size_gb', type: 'number' },
  model: { as: 'model', type: 'text' },
  serial: { as: 'serial', type: 'text' },
  wwn: { as: 'wwn', type: 'lower' },
  transport: { as: 'transport', type: 'lower' },
  rotational: { as: 'rotational', type: 'flag' },
  removable: { as: 'removable', type: 'flag' },
  partitions: { as: 'partitions', type: 'whole', most: 1_000 },
} as const satisfies Table;

export const NIC = {
  name: { as: 'name', type: 'text', required: true },
  mac: { as: 'mac', type: 'mac', required: true },
  ip: { as: 'ip', type: 'address' },
  state: { as: 'state', type: 'state' },
  addresses: { as: 'addresses', type: 'prefixes' },
  speedMbps: { as: 'speed_mbps', type: 'whole', most: 100_000_000 },
  driver: { as: 'driver', type: 'text' },
  pciAddress: { as: 'pci_address', type: 'text' },
  bond: { as: 'bond', type: 'text' },
  vlanParent: { as: 'vlan_parent', type: 'text' },
  lldpSwitch: { as: 'lldp_switch', type: 'text' },
  lldpPort: { as: 'lldp_port', type: 'text' },
} as const satisfies Table;

/** What each type is once it was read. */
type Values = { [T in keyof typeof READ]: NonNullable<ReturnType<(typeof READ)[T]>> };

/** What was read by a table: of what is not required, only what is there. */
export type Read<T extends Table> = {
  [K in keyof T as T[K] extends { required: true } ? K : never]: Values[T[K]['type']];
} & { [K in keyof T as T[K] extends { required: true } ? never : K]?: Values[T[K]['type']] };
