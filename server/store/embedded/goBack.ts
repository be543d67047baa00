// Goes back to a snapshot because somebody wants to: labd must not run meanwhile.
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { StoreLogger } from '../../../common/logger.ts';
import type { System } from '../../../common/system.ts';
import { makeDirectory, withDiskRemedy } from './disk.ts';
import { DatabaseDamaged } from './errors.ts';
import { acquireLock } from './lock.ts';
import { isUnfinished, putBack, restoreFirst, setAside } from './open.ts';
import { describeSnapshot, listSnapshots } from './snapshots.ts';

/** There is no such snapshot, or nothing comes of it; the message says how to find others. */
class NoSnapshot extends Error {
  override readonly name = 'NoSnapshot';
}

/** The snapshots of a data directory in lines of text, newest first. */
export async function snapshotTable(data: string): Promise<string> {
  const all = await listSnapshots(join(data, 'snapshots'));
  const lines = await Promise.all(
    all.map(async (one) => `${describeSnapshot(one)}, ${((await stat(one.path)).size / 1e6).toFixed(1)} MB`),
  );
  return lines.length === 0 ? `There is no snapshot in ${join(data, 'snapshots')}\n` : `${lines.join('\n')}\n`;
}

export interface GoBackOptions {
  /** labd's data directory. */
  data: string;
  /** The name of a snapshot; undefined for the newest. */
  wanted: string | undefined;
  logger: StoreLogger;
  system: Pick<System, 'now' | 'uuid'>;
}

/**
 * Puts a snapshot in the database's place, which is kept beside it, or stays where it is when nothing comes of the
 * snapshot. Resolves to what was done, in a sentence.
 * Throws NoSnapshot, DatabaseInUse, DatabaseDamaged or EmbeddedUnavailable.
 */
export async function goBack({ data, wanted, logger, system }: GoBackOptions): Promise<string> {
  const directory = join(data, 'db');
  const snapshots = join(data, 'snapshots');
  const all = await listSnapshots(snapshots);
  const chosen = wanted === undefined ? all[0] : all.find(({ path }) => basename(path) === basename(wanted));
  if (chosen === undefined)
    throw new NoSnapshot(
      `There is no ${wanted === undefined ? 'snapshot' : `snapshot ${wanted}`} in ${snapshots}: labd restore --list says which there are`,
    );
  const run = join(data, 'run');
  try {
    await makeDirectory(run);
    const lock = await acquireLock(join(data, 'db.lock'), run);
    try {
      const how = { directory, snapshots, socket: null, seed: null, verify: true, logger, system };
      const there = await stat(directory).catch(() => undefined);
      const isWhole = !(await isUnfinished(directory));
      const aside = there && (await setAside(how, 'replaced'));
      const thread = await restoreFirst(how, [chosen], 'somebody asked for it').catch(async (error: unknown) => {
        // What was being made is nobody's database: the next start makes one of the newest snapshot.
        if (aside === undefined || !isWhole) throw error;
        await putBack(directory, aside);
        if (!(error instanceof DatabaseDamaged)) throw error;
        throw new NoSnapshot(
          `The snapshot ${describeSnapshot(chosen)} does not open, and the database stays as it is: labd restore --list says which others there are`,
          { cause: error },
        );
      });
      await thread.close();
      const kept = aside === undefined ? '' : ` What was there before is kept in ${aside}.`;
      return `The database is as it was in ${describeSnapshot(chosen)}; what was written after it is not in it.${kept}`;
    } finally {
      await lock.release();
    }
  } catch (error) {
    throw withDiskRemedy(error, data);
  }
}
