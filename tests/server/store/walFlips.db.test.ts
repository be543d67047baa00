// Bits that flip in the write-ahead log of an embedded database that was killed: what was acknowledged is there after the
// next start, or that says what is damaged and goes back. LAB_FLIPS says how many, LAB_SEED which.
import { cp, mkdtemp, open as openFile, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { findBrokenControl } from '../../../server/store/embedded/control.ts';
import { openDatabase } from '../../../server/store/database.ts';
import { DatabaseDamaged } from '../../../server/store/embedded/errors.ts';
import { startEmbedded } from '../../../server/store/embedded/engine.ts';
import { findBrokenPage } from '../../../server/store/embedded/pages.ts';
import { findChangedStatus } from '../../../server/store/embedded/statuses.ts';
import { findBrokenLog } from '../../../server/store/embedded/wal.ts';
import { realSystem } from '../../../common/system.ts';
import { MIGRATIONS, keepingLogger } from '../../support/database.ts';
import { copyData } from '../../support/engines.ts';
import { buildWriter, type KilledWriter } from '../../support/killedWriter.ts';
import { randomFrom } from '../../../bastion/simulate/random.ts';

const FLIPS = Number(process.env['LAB_FLIPS'] ?? 200);
const SEED = Number(process.env['LAB_SEED'] ?? Date.now() % 1_000_000);
const { whole } = randomFrom(SEED);
/** Bytes at the end of a log: after its last checkpoint, and before. */
const LAST = 32_768;

const { seed, folder } = inject('labDatabase');
let writer: KilledWriter;
/** A data directory whose labd was killed, and the names that it had acknowledged. */
let data: string;
let acknowledged: string[];
beforeAll(async () => {
  writer = await buildWriter(seed);
  data = await mkdtemp(join(folder, 'killed-'));
  acknowledged = await writer.write(data, 'a', 60);
});
afterAll(() => writer.remove());

/** Its log, and how much of it is written. */
async function log(): Promise<{ path: string; bytes: Buffer; used: number }> {
  const names = (await readdir(join(data, 'db/pg_wal'))).filter((name) => /^[0-9A-F]{24}$/.test(name));
  const path = join('db/pg_wal', names.sort()[0]!);
  const bytes = await readFile(join(data, path));
  return { path, bytes, used: bytes.findLastIndex((byte) => byte !== 0) + 1 };
}

async function copyOf(): Promise<string> {
  const copy = await copyData(data, folder);
  onTestFinished(() => rm(copy, { recursive: true, force: true }));
  return copy;
}

/**
 * What is found broken in a copy with some bits of its log turned, which are right again afterwards. One byte is written
 * in place: a log has 16 MB, and writing it anew for each bit takes longer than to look for the damage.
 */
async function brokenWith(copy: string, path: string, at: number, bits: number): Promise<string | undefined> {
  const file = await openFile(join(copy, path), 'r+');
  const write = (value: number) => file.write(Buffer.of(value), 0, 1, at);
  const { buffer: right } = await file.read(Buffer.alloc(1), 0, 1, at);
  try {
    await write(right[0]! ^ bits);
    return await findBrokenLog(join(copy, 'db'));
  } finally {
    await write(right[0]!);
    await file.close();
  }
}

async function open(where: string) {
  const logger = keepingLogger();
  const db = await openDatabase({ data: where, seed, logger, system: realSystem, migrations: MIGRATIONS });
  onTestFinished(() => db.close());
  const clusters = await db.prisma.cluster.findMany();
  return {
    close: () => db.close(),
    names: clusters.map(({ name }) => name),
    said: logger.lines.map(({ message }) => message).join('\n'),
  };
}

test(`each of ${FLIPS} is found where PostgreSQL reads, and the others lose nothing (LAB_SEED=${SEED})`, async () => {
  const { path, bytes, used } = await log();
  expect(await findBrokenLog(join(data, 'db'))).toBeUndefined();
  const copy = await copyOf();
  const harmless = Buffer.from(bytes);
  let found = 0;
  for (let n = 0; n < FLIPS; n++) {
    // Also in what will be written next. Every other one where it was written last: of the rest PostgreSQL reads little.
    const from = n % 2 === 0 ? 0 : Math.max(0, used - LAST);
    const [at, bit] = [from + whole(used + 4_096 - from), 1 << whole(8)];
    const broken = await brokenWith(copy, path, at, bit);
    if (broken === undefined) harmless[at]! ^= bit;
    else {
      expect(broken).toMatch(/^the write-ahead log in pg_wal is broken at 0\/[0-9A-F]+$/);
      found++;
    }
  }
  expect(found).toBeGreaterThan(0);
  // All at once that were not found: PostgreSQL reads none of them.
  await writeFile(join(copy, path), harmless);
  expect((await open(copy)).names).toEqual(expect.arrayContaining(acknowledged));
});

test('the last record that was acknowledged, flipped, is no end of the log', async () => {
  const { path, used } = await log();
  const copy = await copyOf();
  for (let back = 1; back <= 64; back++) {
    const broken = await brokenWith(copy, path, used - back, 1 << whole(8));
    expect(broken, `${back} bytes before its end`).toBeDefined();
  }
});

/** The log with a bit turned in a record, at or before a place: between records lie bytes that nobody reads. */
async function breakRecord(where: string, path: string, bytes: Buffer, before: number): Promise<void> {
  for (let at = before; at > before - 8_192; at -= 7) {
    const flipped = Buffer.from(bytes);
    flipped[at]! ^= 4;
    await writeFile(join(where, path), flipped);
    if ((await findBrokenLog(join(where, 'db'))) !== undefined) return;
  }
  throw new Error(`No record lies before ${before}`);
}

const full = (bytes: Buffer) => bytes.filter((byte) => byte !== 0).length;

/** What a file that is used again has to a page's end from a place in its middle on: what was there before. */
function older(bytes: Buffer, from: number): Buffer {
  const page = from - (from % 8_192);
  const before = Array.from({ length: 100 }, (_, n) => bytes.subarray(n * 8_192 + (from % 8_192), (n + 1) * 8_192));
  const [fullest] = before.toSorted((one, other) => full(other) - full(one));
  return Buffer.concat([bytes.subarray(0, from), fullest!, Buffer.alloc(bytes.length - page - 8_192)]);
}

test('what the kill itself cut off is the end of the log, wherever the kernel was', async () => {
  const { path, bytes, used } = await log();
  const copy = await copyOf();
  // As the kernel writes it, by pages of its own; the first cuts take what was acknowledged, which no reader could know.
  // Among them are some within records of several pages: the first change of a page after a checkpoint has it whole.
  let inside = 0;
  // Its control file says where the last checkpoint is: what comes before that was on the disk long before the kill.
  const checkpoint = Number((await readFile(join(copy, 'db/global/pg_control'))).readBigUInt64LE(32)) % bytes.length;
  for (let cut = used - (used % 4_096); cut > checkpoint + 4_096; cut -= 4_096) {
    const torn = Buffer.from(bytes).fill(0, cut);
    for (const [kind, left] of [
      ['zero', torn],
      ...(cut % 8_192 === 0 ? [] : [['older', older(torn, cut)] as const]),
    ] as const) {
      await writeFile(join(copy, path), left);
      expect(await findBrokenLog(join(copy, 'db')), `${kind} from ${cut} on`).toBeUndefined();
    }
    if ((bytes[cut - (cut % 8_192) + 2]! & 1) === 1) inside += 1;
  }
  expect(inside).toBeGreaterThan(0);
});

test('a page that is zero before others is broken', async () => {
  const { path, bytes, used } = await log();
  const copy = await copyOf();
  const page = used - (used % 8_192) - 5 * 8_192;
  await writeFile(join(copy, path), Buffer.from(bytes).fill(0, page, page + 8_192));
  expect(await findBrokenLog(join(copy, 'db'))).toMatch(/^the write-ahead log in pg_wal is broken at /);
});

test('a page of a table that the kill left half written is taken from the log', async () => {
  const [known, copy] = [await copyOf(), await copyOf()];
  const db = await openDatabase({
    data: known,
    seed,
    logger: keepingLogger(),
    system: realSystem,
    migrations: MIGRATIONS,
  });
  const [row] = await db.prisma.$queryRaw<[{ path: string }]>`SELECT pg_relation_filepath('cluster') AS path`;
  await db.close();
  const table = join(copy, 'db', row.path);
  await writeFile(table, (await readFile(table)).fill(0x5a, 4_096, 8_192));
  expect(await findBrokenPage(join(copy, 'db'))).toBe(`page 0 of ${row.path} is broken`);
  const opened = await open(copy);
  expect(opened.names).toEqual(expect.arrayContaining(acknowledged));
  expect(opened.said).not.toMatch(/damaged/);
});

test('without a snapshot labd does not start, and says what is broken; with one it goes back, and says to what', async () => {
  const { path, bytes, used } = await log();
  const copy = await copyOf();
  await breakRecord(copy, path, bytes, used - 300);
  const refused: unknown = await open(copy).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(DatabaseDamaged);
  expect((refused as Error).message).toMatch(/write-ahead log in pg_wal is broken at 0\/[0-9A-F]+; and there is no/);
  // What is there is not touched: whoever has a copy of that file starts again, and has a snapshot when that ends.
  await writeFile(join(copy, path), bytes);
  const mended = await open(copy);
  expect(mended.names).toEqual(expect.arrayContaining(acknowledged));
  await mended.close();
  const later = await writer.write(copy, 'b', 20);
  const written = await readFile(join(copy, path));
  await breakRecord(copy, path, written, written.findLastIndex((byte) => byte !== 0) - 300);
  const restored = await open(copy);
  expect(restored.names).toEqual(expect.arrayContaining(acknowledged));
  expect(restored.names).not.toEqual(expect.arrayContaining(later));
  expect(restored.said).toMatch(
    /database is damaged; it is kept aside[^]*restored from a snapshot; what was written after/,
  );
});

test(`each of ${FLIPS} in pg_control is told as such, and not as a broken log (LAB_SEED=${SEED})`, async () => {
  const directory = join(await copyOf(), 'db');
  const path = join(directory, 'global/pg_control');
  const right = await readFile(path);
  expect(await findBrokenControl(directory)).toBeUndefined();
  // PostgreSQL reads no more of it than this.
  const used = right.findLastIndex((byte) => byte !== 0) + 1;
  for (let n = 0; n < FLIPS; n++) {
    const flipped = Buffer.from(right);
    flipped[whole(used)]! ^= 1 << whole(8);
    await writeFile(path, flipped);
    expect(await findBrokenControl(directory)).toBe(
      'the file global/pg_control is broken: its checksum is another one',
    );
  }
  const refused: unknown = await open(dirname(directory)).catch((error: unknown) => error);
  expect((refused as Error).message).toMatch(/the file global\/pg_control is broken/);
  expect((refused as Error).message).not.toMatch(/write-ahead log/);
});

describe('the statuses of transactions', () => {
  const statuses = (where: string) => join(where, 'db/pg_xact/0000');

  /** A copy with what was noted of its statuses, and how many bytes of them that is. */
  async function noted(): Promise<{ copy: string; right: Buffer; bytes: number }> {
    const copy = await copyOf();
    const text = await readFile(join(copy, 'db/lab.statuses'), 'utf8');
    const { bytes } = (JSON.parse(text) as Record<string, { bytes: number }>)['0000']!;
    return { copy, right: await readFile(statuses(copy)), bytes };
  }

  test(`each of ${FLIPS} bits of those that had ended when it was opened is found after a kill (LAB_SEED=${SEED})`, async () => {
    const { copy, right, bytes } = await noted();
    expect(bytes).toBeGreaterThan(100);
    for (let n = 0; n < FLIPS; n++) {
      const flipped = Buffer.from(right);
      flipped[whole(bytes)]! ^= 1 << whole(8);
      await writeFile(statuses(copy), flipped);
      expect(await findChangedStatus(join(copy, 'db'))).toMatch(
        /^the file pg_xact\/0000 is not as PostgreSQL wrote it/,
      );
    }
    const refused: unknown = await open(copy).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(DatabaseDamaged);
    expect((refused as Error).message).toMatch(/pg_xact\/0000 is not as PostgreSQL wrote it.*there is no snapshot/);
    await writeFile(statuses(copy), right);
    expect((await open(copy)).names).toEqual(expect.arrayContaining(acknowledged));
  });

  test('that began later are in the log: whatever their bits are, what was acknowledged is there', async () => {
    const { copy, right, bytes } = await noted();
    await writeFile(statuses(copy), Buffer.from(right).fill(0, bytes + 1));
    expect(await findChangedStatus(join(copy, 'db'))).toBeUndefined();
    expect((await open(copy)).names).toEqual(expect.arrayContaining(acknowledged));
  });

  test('are told by a note that goes with their directory: one that is put back is as good as it was', async () => {
    const where = await copyOf();
    await rename(join(where, 'db'), join(where, 'db.before'));
    await cp(join(data, 'db'), join(where, 'db'), { recursive: true });
    await (await open(where)).close();
    await rename(join(where, 'db'), join(where, 'db.after'));
    await rename(join(where, 'db.before'), join(where, 'db'));
    const opened = await open(where);
    expect(opened.names).toEqual(expect.arrayContaining(acknowledged));
    expect(opened.said).not.toMatch(/damaged/);
  });

  test('flipped while labd runs are written right again from memory, or found by the next start however it ended', async () => {
    const copy = await copyOf();
    const engine = await startEmbedded({ data: copy, logger: keepingLogger(), system: realSystem, snapshotEvery: 0 });
    expect(await engine.snapshot()).toBe(true);
    const right = await readFile(statuses(copy));
    const flipped = Buffer.from(right);
    flipped[whole(100)]! ^= 1 << whole(8);
    await writeFile(statuses(copy), flipped);
    const client = new pg.Client({ host: engine.host, port: engine.port, user: 'postgres', database: 'postgres' });
    await client.connect();
    await client.query("INSERT INTO migration_lease VALUES (2, 'x', now())");
    await client.end();
    expect(await engine.snapshot()).toBe(true);
    expect((await readFile(statuses(copy))).subarray(0, 100)).toEqual(right.subarray(0, 100));
    // Nothing is written after this, so that nothing puts it right; what a clean end notes of the files is noted with it.
    await writeFile(statuses(copy), flipped);
    await engine.close();
    const opened = await open(copy);
    expect(opened.names).toEqual(expect.arrayContaining(acknowledged));
    expect(opened.said).toMatch(/database is damaged; it is kept aside[^]*restored from a snapshot/);
  });
});
