// Tries a snapshot before it counts: every page, then the database that comes of it, in memory and beside the live one.
import { chmod, rm } from 'node:fs/promises';
import { findBrokenPacked } from './packed.ts';
import { startThread, type Facts } from './thread.ts';

/** Looks at the database that a snapshot opens to; resolves to what is wrong with it, in words. */
export type Examine = (where: { host: string; port: number }) => Promise<string | undefined>;

export interface Trial {
  /** The packed file. */
  file: string;
  /** What the live database held when it was taken; null when nobody knows. */
  held: Facts | null;
  /** The folder for the socket of the database that comes of it. */
  run: string;
  examine?: Examine | undefined;
}

/** Beside the live one's. */
const PORT = 5433;

/** What is wrong with the pages of a snapshot, in words, without opening it; undefined when nothing is. Takes moments. */
export const tryPages = (file: string): Promise<string | undefined> =>
  findBrokenPacked(file).catch((error: unknown) => `it cannot be unpacked: ${words(error)}`);

/** What is wrong with a snapshot, in words; undefined when nothing is. Takes a second, and some 300 MB meanwhile. */
export async function trySnapshot({ file, held, run, examine }: Trial): Promise<string | undefined> {
  const broken = await tryPages(file);
  if (broken !== undefined) return broken;
  const socket = `${run}/.s.PGSQL.${PORT}`;
  await rm(socket, { force: true });
  // Opening reads every row, in the order of none of the indexes.
  const opened = await startThread({ dataDir: '', socket, seed: file, newLog: null, verify: true }).catch(words);
  if (typeof opened === 'string') return `it does not open: ${opened}`;
  try {
    await chmod(socket, 0o600);
    const differing = held === null ? undefined : differenceOf(held, await opened.facts());
    return differing ?? (await examine?.({ host: run, port: PORT }));
  } catch (error) {
    return words(error);
  } finally {
    await opened.terminate();
    await rm(socket, { force: true });
  }
}

function differenceOf(held: Facts, found: Facts): string | undefined {
  const tables = new Set([...Object.keys(held.tables), ...Object.keys(found.tables)]);
  for (const table of tables)
    if (held.tables[table] !== found.tables[table])
      return `table ${table} has ${rowsIn(found.tables[table])} rows there, with other contents than the ${rowsIn(held.tables[table])} that it was taken of`;
  return undefined;
}

const rowsIn = (sum: string | undefined) => sum?.split(' ')[0] ?? 'no';
const words = (error: unknown): string => (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
