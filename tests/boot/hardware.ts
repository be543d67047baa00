// What a machine is made of: the same words make QEMU's arguments, and what labd is to hold of it once it was discovered.
import { expect } from 'vitest';
import { disk } from './machine.ts';

/** Which of a site's machines it is. */
export interface Which {
  readonly name: string;
  readonly mac: string;
  readonly uuid: string;
}

/** A machine's second NIC, which is plugged in nowhere, has another byte in its MAC's middle. */
const second = (mac: string): string => mac.replace(/^52:54:00:00/, '52:54:00:ff');

/** What takes the cable out of the second one, of which QEMU else says that it is in. */
export const UNPLUG = 'set_link spare off';

/** QEMU's arguments besides those of any machine; its disks lie in a folder. */
export const hardwareOf = (dir: string, { name, mac, uuid }: Which): readonly string[] => [
  ...['-smp', '2,sockets=1,cores=2', '-uuid', uuid],
  ...['-cpu', 'max,-erms,-fsrm,-la57,model-id=ACME Processor 3000'],
  ...['-device', `e1000e,id=spare,mac=${second(mac)},romfile=,addr=0x6`, '-device', 'virtio-gpu-pci,addr=0x7'],
  ...disk(dir, `${name}-virtio`, 50, 'virtio-blk-pci,serial=VIRTIO1,addr=0x8'),
  ...disk(dir, `${name}-nvme`, 2_000, 'nvme,serial=NVME1,addr=0x9'),
  ...disk(dir, `${name}-sata`, 64, 'ide-hd,serial=SATA1,model=ACME Spinner,wwn=0x5000c50015ea71aa,rotation_rate=7200'),
  ...['-device', 'qemu-xhci,addr=0xa', ...disk(dir, `${name}-usb`, 16, 'usb-storage,removable=on,serial=USB1')],
];

/** What is to be asked of labd, for `expectedOf`. */
export const FIELDS = `name status hostname os arch cpuModel cpuCores memoryGb vendor product serial uuid firmware tpm bmcAddress gpus
  bootMac bastion { name }
  nics { nodes { name mac ip state addresses speedMbps driver pciAddress bond vlanParent lldpSwitch lldpPort network { name } } }
  disks { nodes { name sizeGb model serial wwn transport rotational removable partitions } }`;

const noDisk = { wwn: null, partitions: 0 };
const noNic = { bond: null, vlanParent: null, lldpSwitch: null, lldpPort: null };

/** The kernel numbers NICs as they come. */
const ANY_ETHERNET = expect.stringMatching(/^eth[01]$/);

/** The same of the graph, field by field. */
export const expectedOf = ({ name, mac, uuid }: Which, firmware: 'UEFI' | 'BIOS', neighbour?: readonly string[]) => ({
  name: `m-${mac.replaceAll(':', '')}`,
  status: 'DISCOVERED',
  // Nothing was installed.
  ...{ hostname: null, os: null, tpm: null, bmcAddress: null },
  arch: 'x86_64',
  cpuModel: 'ACME Processor 3000',
  cpuCores: 2,
  memoryGb: 1.125,
  ...{ vendor: 'ACME', product: 'One', serial: name, uuid, firmware },
  gpus: expect.arrayContaining(['virtio 1af4:1050 at 0000:00:07.0']),
  bootMac: mac,
  bastion: { name: 'site-1' },
  nics: [
    {
      name: ANY_ETHERNET,
      mac,
      ip: expect.stringMatching(/^10\.77\.0\.1\d\d$/),
      state: 'UP',
      addresses: expect.arrayContaining([expect.stringMatching(/^10\.77\.0\.1\d\d\/24$/)]),
      // Virtio says none.
      speedMbps: null,
      driver: 'virtio_net',
      pciAddress: '0000:00:05.0',
      ...noNic,
      ...(neighbour && { lldpSwitch: neighbour[0], lldpPort: neighbour[1] }),
      network: { name: 'lan' },
    },
    {
      name: ANY_ETHERNET,
      mac: second(mac),
      ip: null,
      state: 'DOWN',
      addresses: [],
      speedMbps: null,
      driver: 'e1000e',
      pciAddress: '0000:00:06.0',
      ...noNic,
      network: null,
    },
  ],
  disks: [
    {
      ...noDisk,
      name: 'nvme0n1',
      sizeGb: 2,
      model: 'QEMU NVMe Ctrl',
      serial: 'NVME1',
      transport: 'nvme',
      rotational: false,
      removable: false,
      wwn: expect.stringMatching(/^(nvme|eui)\./),
    },
    {
      ...noDisk,
      name: 'sda',
      sizeGb: 0.064,
      model: 'ACME Spinner',
      serial: 'SATA1',
      wwn: '0x5000c50015ea71aa',
      transport: 'sata',
      rotational: true,
      removable: false,
    },
    {
      ...noDisk,
      name: 'sdb',
      sizeGb: 0.016,
      model: 'QEMU HARDDISK',
      serial: 'USB1',
      transport: 'usb',
      rotational: true,
      removable: true,
    },
    {
      ...noDisk,
      name: 'vda',
      sizeGb: 0.05,
      model: null,
      serial: 'VIRTIO1',
      transport: 'virtio',
      rotational: true,
      removable: false,
    },
  ],
});
