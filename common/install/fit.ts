// Whether a machine is what a profile takes, as far as it is known.
import type { Needs, Profile } from './plan.ts';

export const architectures = ['x86_64', 'aarch64'] as const;

/** What is known of a machine. */
export interface Known {
  readonly arch: string | null;
  readonly memoryGb: number | null;
  readonly firmware: string | null;
}

/** Why a machine does not do, as what follows its name in a sentence; undefined when nothing is known against it. */
export function misfit(
  { name, needs, architecture }: Pick<Profile, 'name' | 'needs' | 'architecture'>,
  { arch, memoryGb, firmware }: Known,
): string | undefined {
  const known = (architectures as readonly string[]).includes(arch ?? '');
  if (known && arch !== architecture) return `is ${arch}, and ${name} is for ${architecture}`;
  if (memoryGb !== null && needs.memoryGb !== null && memoryGb < needs.memoryGb)
    return `has ${memoryGb} GiB of memory, and ${name} needs ${needs.memoryGb}`;
  if (firmware !== null && needs.firmware.length > 0 && !needs.firmware.includes(firmware as Needs['firmware'][number]))
    return `boots by ${firmware}, and ${name} needs ${needs.firmware.join(' or ')}`;
  return undefined;
}
