// What a bastion says that it holds: its files, anything at all where machines are simulated, nothing where none are installed.
import { ANYTHING } from '../../common/install/held.ts';
import type { Files } from './files.ts';

export const heldBy = (files: Files, { simulated, real }: { simulated: boolean; real: boolean }) => ({
  keys: async (): Promise<string[] | null> => (simulated ? [ANYTHING] : real ? files.keys() : null),
  onChanged: (listener: () => void) => files.onChanged(listener),
});
