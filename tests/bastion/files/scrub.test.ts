// What the disk spoils of the files that machines are installed from is found before one of them is given it.
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Files, type ListedFile } from '../../../bastion/files/files.ts';
import { startScrub } from '../../../bastion/files/scrub.ts';
import { randomFrom } from '../../../bastion/simulate/random.ts';
import { temporary, until } from '../support.ts';
import { fedora, PATHS } from './mirror.ts';

const FLIPS = 200;
const SEED = Number(process.env['LAB_SEED'] ?? Date.now() % 1_000_000);
const { whole } = randomFrom(SEED);

const profile = fedora('http://127.0.0.1:9');

let dir: string;
let remove: () => Promise<void>;
let files: Files;
beforeEach(async () => {
  ({ dir, remove } = await temporary());
  files = await Files.open({ dir, now: () => 1_000, warn: () => {}, limits: { reserve: 0 } });
});
afterEach(() => remove());

async function bring(): Promise<void> {
  const given: Record<string, string> = {};
  for (const [n, path] of PATHS.entries()) {
    given[path] = join(dir, `local${n}`);
    await writeFile(given[path], randomBytes(5_000));
  }
  await files.addToProfile(profile, '1', given);
}

const pathOf = (sha256: string) => join(dir, 'files', sha256);

/** Reads all files; what was told of them. */
async function scrub(): Promise<ListedFile[]> {
  const told: ListedFile[] = [];
  await files.findSpoilt((file) => void told.push(file));
  return told;
}

test(`each of ${FLIPS} bits that flip has its file removed, and no other`, async () => {
  await bring();
  for (let n = 0; n < FLIPS; n++) {
    const before = await files.listFiles();
    const { sha256, uses } = before[whole(before.length)]!;
    const bytes = await readFile(pathOf(sha256));
    const spoilt = Buffer.from(bytes);
    spoilt[whole(spoilt.length)]! ^= 1 << whole(8);
    await writeFile(pathOf(sha256), spoilt);
    expect(await scrub(), `LAB_SEED=${SEED}`).toMatchObject([{ sha256, uses }]);
    expect((await files.missingFor(profile)).map(({ path }) => path)).toEqual(uses.map(({ path }) => path));
    await expect(stat(pathOf(sha256))).rejects.toThrow('ENOENT');
    const again = join(dir, 'again');
    await writeFile(again, bytes);
    await files.addFile(again);
    expect(await scrub()).toEqual([]);
    expect(await files.listFiles()).toEqual(before);
  }
});

test('a bastion looks as it starts, says what is missing now, and tells whoever knows what it has', async () => {
  await bring();
  const [first] = await files.listFiles();
  await writeFile(pathOf(first!.sha256), 'something else');
  const warnings: string[] = [];
  let changes = 0;
  files.onChanged(() => (changes += 1));
  const stop = startScrub(files, { dir, warn: (said) => void warnings.push(said) });
  await until(() => warnings.length > 0);
  await stop();
  expect(warnings).toEqual([
    expect.stringContaining(`${first!.uses[0]!.path} of ${profile.name} was spoilt by the disk, and is missing now`),
  ]);
  expect(changes).toBe(1);
});

test('one that cannot be removed is missing all the same, and the others are looked at', async () => {
  await bring();
  const all = await files.listFiles();
  // What is no file can be read no more than removed.
  for (const { sha256 } of all) {
    await rm(pathOf(sha256));
    await mkdir(pathOf(sha256));
  }
  const warnings: string[] = [];
  const stop = startScrub(files, { dir, warn: (said) => void warnings.push(said) });
  await until(() => warnings.length === all.length);
  await stop();
  expect((await files.missingFor(profile)).map(({ path }) => path)).toEqual(PATHS);
});

test('one that is told to end does not read on', async () => {
  await bring();
  const all = await files.listFiles();
  for (const { sha256 } of all) await writeFile(pathOf(sha256), 'something else');
  const warnings: string[] = [];
  await startScrub(files, { dir, warn: (said) => void warnings.push(said) })();
  expect(warnings.length).toBeLessThan(all.length);
});
