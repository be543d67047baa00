// Yields to the event loop now and then: a stream whose events are all there already, and whose reader takes them at
// once, would otherwise block the process.
import { setImmediate as othersTurn } from 'node:timers/promises';

/** After this many events at a stretch everything else gets a turn. */
const STRETCH = 32;

/** Call before each event of one stream or connection: every so often what it returns is to be waited for. */
export function takeTurns(): () => Promise<void> | undefined {
  let events = 0;
  return () => (++events % STRETCH === 0 ? othersTurn() : undefined);
}
