// What becomes of a snapshot of the embedded database that cannot be made.
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, inject, onTestFinished, test } from 'vitest';
import { startEmbedded } from '../../../server/store/embedded/engine.ts';
import { keepingLogger } from '../../support/database.ts';
import { realSystem } from '../../../common/system.ts';

const { seed } = inject('labDatabase');
/** Of a control file: what state the database was left in, and the value that says that it ended cleanly. */
const STATE = 16;
const ENDED = 1;

/** An engine none of whose snapshots can be written: a folder has its name. */
async function obstructed() {
  const data = await mkdtemp(join(tmpdir(), 'lab-snapshots-'));
  onTestFinished(() => rm(data, { recursive: true, force: true }));
  const snapshots = join(data, 'snapshots');
  const now = new Date(0);
  const logger = keepingLogger();
  const engine = await startEmbedded({ data, seed, logger, system: { ...realSystem, now: () => now.getTime() } });
  onTestFinished(() => engine.close());
  await mkdir(join(snapshots, 'next.unverified', 'taken'), { recursive: true });
  return { data, snapshots, logger, engine };
}

test('it leaves nothing behind that takes room', async () => {
  const { snapshots, engine } = await obstructed();
  const before = await readdir(snapshots);
  await expect(engine.snapshot()).rejects.toThrow('No snapshot was made');
  expect(await readdir(snapshots)).toEqual(before);
});

test('the last one may fail: the database ends cleanly all the same, and says so', async () => {
  const { data, logger, engine } = await obstructed();
  await engine.close();
  expect((await readFile(join(data, 'db', 'global', 'pg_control'))).readUInt32LE(STATE)).toBe(ENDED);
  expect(logger.lines.map(({ message }) => message)).toEqual([
    'The last snapshot was not made; the database ends without it',
  ]);
});
