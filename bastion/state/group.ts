// Callers who wait for the same write: what they add is numbered and encoded, as far as there is room.
import type { SpoolBody, SpoolItem } from './said.ts';
import { encode, hashAfter } from './segment.ts';
import type { Line } from './tail.ts';

/** What to add; a function is asked once everything before it is on the disk, and once more when that is repeated. */
export type Bodies = readonly SpoolBody[] | (() => readonly SpoolBody[]);

export interface Waiting {
  bodies: Bodies;
  /** ISO 8601 */
  at: string;
  resolve: (items: SpoolItem[]) => void;
  reject: (error: unknown) => void;
}

/** How far a spool has got. */
export interface Position {
  newest: number;
  /** The running hash up to there */
  hash: string | null;
}

interface Numbered {
  taken: { waiting: Waiting; lines: Line[] }[];
  /** For whom there was no room */
  full: Waiting[];
  /** After all that was taken */
  position: Position;
}

/** Numbers what each adds from a position on, all of it or nothing, within so many bytes. */
export function numberAll(
  group: readonly Waiting[],
  position: Position,
  { generation, room }: { generation: string; room: number },
): Numbered {
  const numbered: Numbered = { taken: [], full: [], position };
  let left = room;
  for (const waiting of group) {
    const bodies = typeof waiting.bodies === 'function' ? waiting.bodies() : waiting.bodies;
    let { newest, hash } = numbered.position;
    const lines = bodies.map((body): Line => {
      const item = { sequence: ++newest, at: waiting.at, body };
      const json = JSON.stringify(item);
      hash = hashAfter(hash, generation, json);
      return { item, hash, bytes: encode(json, hash) };
    });
    const size = lines.reduce((sum, { bytes }) => sum + bytes.length, 0);
    if (size > 0 && size > left) {
      numbered.full.push(waiting);
      continue;
    }
    left -= size;
    numbered.taken.push({ waiting, lines });
    numbered.position = { newest, hash };
  }
  return numbered;
}
