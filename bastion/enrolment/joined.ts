// Whether the bastion of a directory has joined a labd: that decides what is installed then, also while it is away.
import { DirectoryUnusable } from '../state/lock.ts';
import { loadEnrolment } from './kept.ts';

/** Throws DirectoryUnusable when it has. */
export async function demandNotJoined(dir: string): Promise<void> {
  if (await loadEnrolment(dir))
    throw new DirectoryUnusable(
      dir,
      new Error('its bastion has joined a labd, which decides what is installed. Start it without --standalone'),
    );
}
