// What the disk spoils of the files that machines are installed from is found before one of them is given it.
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Files } from '../../../bastion/files/files.ts';
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

test(`each of ${FLIPS} bits that flip has its file removed, and no other`, async () => {
  await bring();
  for (let n = 0; n < FLIPS; n++) {
    const before = await files.listFiles();
    const { sha256, uses } = before[whole(before.length)]!;
    const bytes = await readFile(pathOf(sha256));
    const spoilt = Buffer.from(bytes);
    spoilt[whole(spoilt.length)]! ^= 1 << whole(8);
    await writeFile(pathOf(sha256), spoilt);
    expect(await files.removeSpoilt(), `LAB_SEED=${SEED}`).toMatchObject([{ sha256, uses }]);
    expect((await files.missingFor(profile)).map(({ path }) => path)).toEqual(uses.map(({ path }) => path));
    await writeFile(pathOf(sha256), bytes);
    expect(await files.removeSpoilt()).toEqual([]);
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
  const onError = (error: unknown) => expect.unreachable(String(error));
  const stop = startScrub(files, { warn: (said) => void warnings.push(said), onError });
  await until(() => warnings.length > 0);
  await stop();
  expect(warnings).toEqual([
    expect.stringContaining(`${first!.uses[0]!.path} of ${profile.name} was spoilt by the disk`),
  ]);
  expect(changes).toBe(1);
});

test('one that is told to end does not read on, and says nothing', async () => {
  await bring();
  const onError = (error: unknown) => expect.unreachable(String(error));
  await startScrub(files, { warn: (said) => expect.unreachable(said), onError })();
  expect(await files.missingFor(profile)).toEqual([]);
});
