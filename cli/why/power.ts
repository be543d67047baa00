// What came of the last order to power a server, where that is why something does not go on.
import { word } from '../terminal/text.ts';
import type { Server } from './errands.ts';

/** The last one that could not be done; none once the machine goes on nevertheless. */
export function failedPower({ power, installs }: Server): { readonly because: string } | undefined {
  if (!power || !['FAILED', 'EXPIRED'].includes(power.outcome)) return undefined;
  const [newest] = installs.nodes;
  const goesOn = newest !== undefined && newest.createdAt > power.at && newest.phase !== 'QUEUED';
  if (goesOn || (power.action === 'NETBOOT' && newest !== undefined && newest.phase !== 'QUEUED')) return undefined;
  return {
    because: `Power ${word(power.action)} failed at ${power.at}: ${power.message ?? 'its bastion did not say why.'}`,
  };
}
