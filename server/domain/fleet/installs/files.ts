// Whether a bastion has what a profile is installed from, as it said itself.
import { commandsFor, missingFor, type Wants } from '../../../../common/install/held.ts';
import type { Bastion } from '../../../store/generated/client.ts';
import { Conflict } from '../../errors.ts';

/** What a bastion is known by here. */
export type Holder = Pick<Bastion, 'filesHeld' | 'filesToldAt'>;

/** The keys of what it holds; null of a bastion that does not say. */
export const heldBy = ({ filesHeld, filesToldAt }: Holder): ReadonlySet<string> | null =>
  filesToldAt === null ? null : new Set(filesHeld);

/**
 * Throws Conflict when the bastion that holds a server lacks files of a profile; returns whether it has them all, null when
 * it does not say. Names no bastion: whoever provisions may not see it.
 */
export function demandFiles(bastion: Holder, profile: Wants, server: string): boolean | null {
  const held = heldBy(bastion);
  if (held === null) return null;
  const missing = missingFor(profile, held);
  if (missing.length === 0) return true;
  const what = missing.map(({ use, path }) => `${use} ${path}`).join(', ');
  const commands = commandsFor(profile.name, missing).map((command) => `lab ${command}`);
  throw new Conflict(
    `The bastion that holds server "${server}" lacks files of profile "${profile.name}": ${what}.`,
    `On its machine: ${commands.join(' and ')}`,
    'FILES_MISSING',
  );
}
