// Reads files of a database directory part by part. It has some thousand, and all are read whenever it opens or closes:
// one room for all of them, where a stream each would make one anew for every file.
import { open } from 'node:fs/promises';

/** Bytes of a part, all but the last of a file: a multiple of PostgreSQL's pages. */
const PART = 1024 * 1024;

export type Room = Buffer;

/** A room for the parts of one file after the other. */
export const makeRoom = (): Room => Buffer.alloc(PART);

/** The parts of a file. Each is good until the next is asked for. */
export async function* partsOf(path: string, room: Room): AsyncGenerator<Buffer, void, undefined> {
  const file = await open(path, 'r');
  try {
    for (let filled = room.length; filled === room.length;) {
      filled = 0;
      for (let read = -1; read !== 0 && filled < room.length; filled += read)
        ({ bytesRead: read } = await file.read(room, filled, room.length - filled, null));
      if (filled > 0) yield room.subarray(0, filled);
    }
  } finally {
    await file.close();
  }
}
