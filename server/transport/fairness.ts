// Gives the others a turn: a stream whose events are all there already, and whose reader takes them at once, would keep
// the process to itself, because nothing in between waits for anything.
import { setImmediate as othersTurn } from 'node:timers/promises';

/** After this many events at a stretch everything else gets a turn. */
const STRETCH = 32;

/** Call before each event of one stream or connection: every so often what it returns is to be waited for. */
export function takeTurns(): () => Promise<void> | undefined {
  let events = 0;
  return () => (++events % STRETCH === 0 ? othersTurn() : undefined);
}
