// Bits that flip in what an embedded database keeps: none stays unsaid. LAB_FLIPS says how many, 200 by default, and
// LAB_SEED which; a failure names the seed.
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, expect, inject, test } from 'vitest';
import { acquireLock } from '../../../server/store/embedded/lock.ts';
import { DatabaseInUse } from '../../../server/store/embedded/errors.ts';
import { startEmbedded } from '../../../server/store/embedded/engine.ts';
import { findBrokenPage } from '../../../server/store/embedded/pages.ts';
import { noteFile } from '../../../server/store/embedded/note.ts';
import { tryPages } from '../../../server/store/embedded/trial.ts';
import { changedFiles, noteSums } from '../../../server/store/embedded/sums.ts';
import { realSystem } from '../../../common/system.ts';
import { keepingLogger } from '../../support/database.ts';
import { copyData } from '../../support/engines.ts';

const FLIPS = Number(process.env['LAB_FLIPS'] ?? 200);
const SEED = Number(process.env['LAB_SEED'] ?? Date.now() % 1_000_000);

/** Random numbers that the seed makes again. */
function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return Math.floor((state / 0x8000_0000) * below);
  };
}
const random = createRandom(SEED);

const { folder, data: packed } = inject('labDatabase');
let data: string;
beforeAll(async () => {
  data = await copyData(packed, folder);
});

async function flip(path: string): Promise<() => Promise<void>> {
  const before = await readFile(path);
  const after = Buffer.from(before);
  after[random(after.length)]! ^= 1 << random(8);
  await writeFile(path, after);
  return () => writeFile(path, before);
}

test(`each of ${FLIPS} in a database that was closed is found at its next start`, async () => {
  const directory = join(data, 'db');
  const entries = await readdir(directory, { withFileTypes: true, recursive: true });
  const files: string[] = [];
  for (const entry of entries.filter((one) => one.isFile() && !one.name.endsWith('.conf'))) {
    const path = join(entry.parentPath, entry.name);
    // The note of what the others are like is the one that tells: a broken one is passed over, and the pages are looked at.
    if (path !== noteFile(directory, 'sums') && (await stat(path)).size > 0) files.push(path);
  }
  const AT_ONCE = 50;
  for (let done = 0; done < FLIPS; done += AT_ONCE) {
    await noteSums(directory);
    const chosen = new Set(Array.from({ length: AT_ONCE }, () => files[random(files.length)]!));
    const undo = await Promise.all([...chosen].map(flip));
    expect(await changedFiles(directory), `LAB_SEED=${SEED}`).toEqual(
      [...chosen].map((path) => path.slice(directory.length + 1)).sort(),
    );
    for (const back of undo) await back();
  }
  expect(await findBrokenPage(directory)).toBeUndefined();
});

test(`each of ${FLIPS} in a table or an index is found where labd was killed, too`, { timeout: 600_000 }, async () => {
  const directory = join(data, 'db');
  const relations = (await readdir(join(directory, 'base/5'))).filter((name) => /^\d+(_(fsm|vm))?$/.test(name));
  for (let i = 0; i < FLIPS; i++) {
    const path = join(directory, 'base/5', relations[random(relations.length)]!);
    if ((await stat(path)).size === 0) continue;
    const back = await flip(path);
    expect(await findBrokenPage(directory), `LAB_SEED=${SEED}`).toMatch(/^page \d+ of base\/5\/\d+\S* is broken$/);
    await back();
  }
});

test(`each of ${FLIPS} in a snapshot is found, or changes nothing in it`, { timeout: 600_000 }, async () => {
  const { seed } = inject('labDatabase');
  const path = join(data, 'flipped.tar.gz');
  const whole = await readFile(seed);
  const contents = gunzipSync(whole);
  for (let i = 0; i < FLIPS; i++) {
    await writeFile(path, whole);
    await flip(path);
    // A flip can leave what is unpacked as it was: in a run of zeros, a copy from one place back is that from two.
    if ((await tryPages(path)) === undefined)
      expect(gunzipSync(await readFile(path)).equals(contents), `LAB_SEED=${SEED}`).toBe(true);
  }
  await writeFile(path, whole.subarray(0, whole.length / 2));
  expect(await tryPages(path)).toMatch(/unpacked|end/);
});

test(`none of ${FLIPS} in the lock lets a second labd at a database that somebody has open`, async () => {
  const logger = keepingLogger();
  const options = { data, logger, system: realSystem, snapshotEvery: 0 };
  const engine = await startEmbedded(options);
  const lock = join(data, 'db.lock');
  for (let i = 0; i < FLIPS; i++) {
    const back = await flip(lock);
    await expect(startEmbedded(options), `LAB_SEED=${SEED}`).rejects.toThrow(DatabaseInUse);
    await back();
  }
  await engine.close();
  const free = await acquireLock(lock, dirname(lock));
  await free.release();
});

test('8 KB of garbage in a table of a running labd is said, and pushes no good snapshot out', async () => {
  const logger = keepingLogger();
  const engine = await startEmbedded({ data, logger, system: realSystem, snapshotEvery: 0 });
  expect(await engine.snapshot()).toBe(true);
  const good = await readdir(join(data, 'snapshots'));
  const base = join(data, 'db', 'base/5');
  let victim = '';
  for (const name of await readdir(base))
    if (/^\d+$/.test(name) && (await stat(join(base, name))).size >= 16_384) victim = join(base, name);
  const bytes = await readFile(victim);
  bytes.fill(0x5a, 8_192, 16_384);
  await writeFile(victim, bytes);
  const pg = await import('pg');
  const client = new pg.default.Client({
    host: engine.host,
    port: engine.port,
    user: 'postgres',
    database: 'postgres',
  });
  await client.connect();
  await client.query("INSERT INTO migration_lease VALUES (2, 'x', now())");
  await client.end();
  await expect(engine.snapshot()).rejects.toThrow(/page 1 of \S+ is broken.*newest good snapshot is .*labd restore/);
  await expect(engine.check()).rejects.toThrow(/damaged/);
  expect(engine.problems()).toHaveLength(1);
  expect(await readdir(join(data, 'snapshots'))).toEqual(good);
  await engine.close();
});
