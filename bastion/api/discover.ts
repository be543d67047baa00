// Reads discovery reports as ramdisks post them, and turns them into the machine reports that labd takes.
import type {
  DiskReportInput,
  Firmware,
  MachineReportInput,
  NicReportInput,
  NicState,
} from '../generated/documents.ts';
import {
  address,
  amount,
  choice,
  fieldsOf,
  flag,
  mac,
  parts,
  present,
  requiredText,
  text,
  texts,
  type Fields,
} from './fields.ts';
import { isPrefixed, primaryOf } from './addresses.ts';

const FIRMWARE: Readonly<Record<string, Firmware>> = { uefi: 'UEFI', bios: 'BIOS' };

// The kernel's operstate; its other values, such as testing and dormant, say neither.
const STATES: Readonly<Record<string, NicState>> = {
  up: 'UP',
  down: 'DOWN',
  lowerlayerdown: 'DOWN',
  notpresent: 'DOWN',
};

/** Reads the body of a discovery report. Throws a Refusal that names the field; fields it does not know are ignored. */
export function readMachineReport(body: unknown): MachineReportInput {
  const from = fieldsOf(body);
  return present<MachineReportInput>({
    mac: mac(from, 'mac'),
    arch: text(from, 'arch'),
    cpuModel: text(from, 'cpu_model'),
    cpuCores: amount(from, 'cpu_cores', { whole: true, most: 1_000_000 }),
    memoryGb: amount(from, 'memory_gb', { whole: false, most: 1e12 }),
    vendor: text(from, 'manufacturer'),
    product: text(from, 'product'),
    serial: text(from, 'serial'),
    uuid: text(from, 'uuid'),
    firmware: choice(from, 'firmware', FIRMWARE),
    tpm: text(from, 'tpm'),
    bmcAddress: address(from, 'bmc_address'),
    gpus: texts(from, 'gpus'),
    disks: parts(from, 'disks', readDisk),
    nics: parts(from, 'nics', readNic),
    source: 'discover',
  });
}

const readDisk = (disk: Fields) =>
  present<DiskReportInput>({
    name: requiredText(disk, 'name'),
    sizeGb: amount(disk, 'size_gb', { whole: false, most: 1e12 }),
    model: text(disk, 'model'),
    serial: text(disk, 'serial'),
    wwn: text(disk, 'wwn'),
    transport: text(disk, 'transport'),
    rotational: flag(disk, 'rotational'),
    removable: flag(disk, 'removable'),
    partitions: amount(disk, 'partitions', { whole: true, most: 1_000 }),
  });

const readNic = (nic: Fields) => {
  const addresses = texts(nic, 'addresses');
  return present<NicReportInput>({
    name: requiredText(nic, 'name'),
    mac: mac(nic, 'mac'),
    ip: address(nic, 'ip') ?? primaryOf(addresses ?? []),
    state: choice(nic, 'state', STATES, 'UNKNOWN'),
    addresses: addresses?.filter(isPrefixed),
    speedMbps: amount(nic, 'speed_mbps', { whole: true, most: 100_000_000 }),
    driver: text(nic, 'driver'),
    pciAddress: text(nic, 'pci_address'),
    bond: text(nic, 'bond'),
    vlanParent: text(nic, 'vlan_parent'),
    lldpSwitch: text(nic, 'lldp_switch'),
    lldpPort: text(nic, 'lldp_port'),
  });
};
