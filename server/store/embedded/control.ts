// Looks whether pg_control is as PostgreSQL wrote it: the file that says where the log begins. Where a bit of it is wrong, the
// log that it leads to is not, and would be told as broken.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32c } from './crc32c.ts';

const CONTROL_FILE = 'global/pg_control';

/** Where its checksum lies, over all bytes before it: ControlFileData in PostgreSQL 18's src/include/catalog/pg_control.h. */
const CHECKSUM = 292;

/** What is wrong with it in a database directory that nobody has open, in words; undefined where it is whole, or not there. */
export async function findBrokenControl(directory: string): Promise<string | undefined> {
  const bytes = await readFile(join(directory, CONTROL_FILE)).catch(() => undefined);
  // Without it PostgreSQL does not start, and says so.
  if (bytes === undefined) return undefined;
  const isWhole = bytes.length >= CHECKSUM + 4 && crc32c(bytes.subarray(0, CHECKSUM)) === bytes.readUInt32LE(CHECKSUM);
  return isWhole ? undefined : `the file ${CONTROL_FILE} is broken: its checksum is another one`;
}
