// Disks as machines report them.
import type { Disk } from '../../../server/domain/fleet/contract/validate.ts';

export const disk = (name: string, sizeGb: number | null, more: Partial<Disk> = {}): Disk => ({
  name,
  sizeGb,
  model: null,
  serial: `S-${name}`,
  wwn: null,
  transport: 'sata',
  rotational: false,
  removable: false,
  partitions: null,
  ...more,
});
