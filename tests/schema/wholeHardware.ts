// Hardware of which everything is known, so that no field is empty for want of a value.
import { randomUUID } from 'node:crypto';

export const wholeServer = () => ({
  bmc: { type: 'wol' },
  power: {
    order: '00000000-0000-4000-8000-000000000009',
    action: 'ON',
    at: '2026-01-01T00:00:00.000Z',
    outcome: 'DONE',
    state: 'ON',
    since: '2026-01-01T00:00:05.000Z',
    message: 'It was on.',
  },
  hostname: 'web',
  ip: '10.0.0.9',
  os: 'fedora-43',
  arch: 'x86_64',
  cpuModel: 'EPYC',
  cpuCores: 8,
  memoryGb: 64,
  vendor: 'ACME',
  product: 'One',
  serial: 'S1',
  dmiUuid: randomUUID(),
  firmware: 'UEFI',
  tpm: '2.0',
  bmcAddress: '10.0.1.9',
  gpus: ['NVIDIA T4'],
  heldSince: new Date(),
  role: 'WORKER',
});

export const wholeNic = {
  addresses: ['10.0.0.9/24'],
  speedMbps: 10_000,
  driver: 'igb',
  pciAddress: '0000:01:00.0',
  bond: 'bond0',
  vlanParent: 'bond0',
  lldpSwitch: 'switch-1',
  lldpPort: 'Ethernet1',
};
