// Files that people bring, that nothing needs any more, and that a kill or a full disk catches on their way.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Files } from '../../../bastion/files/files.ts';
import { treeOf } from '../../../common/install/held.ts';
import { randomFrom } from '../../../bastion/simulate/random.ts';
import { run, temporary, until, type Program } from '../support.ts';
import { fedora, fedoraTree, file, head, PATHS, startMirror, sum, type Mirror } from './mirror.ts';

let dir: string;
let remove: () => Promise<void>;
let mirror: Mirror;
let files: Files;
let program: string;
const warnings: string[] = [];

const open = () =>
  Files.open({ dir, now: () => 1_000, warn: (said) => void warnings.push(said), limits: { wait: 1, reserve: 0 } });
const fetchAll = () => files.fetchProfile(fedora(mirror.url), '1');
const parts = () => readdir(join(dir, 'files', 'parts')).catch(() => []);
async function local(name: string, content: Buffer): Promise<string> {
  const path = join(dir, name);
  await writeFile(path, content);
  return path;
}

beforeAll(async () => {
  program = join('node_modules', '.cache', `lab-fetch-${process.pid}.mjs`);
  const fetch = `import { Files } from './bastion/files/files.ts';
    const [dir, profile] = process.argv.slice(2);
    const files = await Files.open({ dir, now: () => 0, warn: console.error, limits: { wait: 1, reserve: 0 } });
    await files.fetchProfile(JSON.parse(profile), '1').then(() => console.log('fetched'), (error) => console.log(error.message));`;
  await build({
    stdin: { contents: fetch, resolveDir: process.cwd() },
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
  });
});
afterAll(() => rm(program));
beforeEach(async () => {
  ({ dir, remove } = await temporary());
  mirror = await startMirror(fedoraTree());
  files = await open();
  warnings.length = 0;
});
afterEach(async () => {
  await mirror.stop();
  spawnSync('umount', [join(dir, 'disk')]);
  await remove();
});

describe('a file that is added by hand', () => {
  test('is had by every profile that asks for its hash, and is refused when it is another', async () => {
    const root = randomBytes(4_000);
    const path = await local('root.tar', root);
    const profile = fedora('http://127.0.0.1:9/', { sums: null, files: [file('root', 'images/root.tar', root)] });
    expect((await files.missingFor(profile)).length).toBe(1);
    await expect(files.addFile(path, { sha256: sum('another') })).rejects.toMatchObject({ code: 'WRONG_SUM' });
    expect(await files.listFiles()).toEqual([]);
    expect(await files.addFile(path, { sha256: sum(root).toUpperCase() })).toEqual({ sha256: sum(root), bytes: 4_000 });
    expect(await files.missingFor(profile)).toEqual([]);
    const [tree, other] = [treeOf(profile), { ...profile, mirror: 'http://127.0.0.1:8/' }];
    expect((await files.find(tree, 'images/root.tar', [other, profile]))?.bytes).toBe(4_000);
    expect(await files.find(tree, 'images/root.tar', [other])).toBe(undefined);
    expect(await files.addFile(path)).toEqual({ sha256: sum(root), bytes: 4_000 });
    expect((await stat(path)).size).toBe(4_000);
    await expect(files.addFile(join(dir, 'nowhere'))).rejects.toThrow(/nowhere cannot be read \(ENOENT\)/);
  });

  test('for a profile is what its path stands for; kernel, initrd and stage2 come together', async () => {
    const profile = fedora('http://127.0.0.1:9/', { sums: null });
    const given = Object.fromEntries(
      await Promise.all(PATHS.map(async (path, n) => [path, await local(`${n}`, randomBytes(100 + n))] as const)),
    );
    const { [PATHS[2]!]: _stage2, ...some } = given;
    await expect(files.addToProfile(profile, '1', some)).rejects.toThrow(
      /change together: give images\/install.img too/,
    );
    await expect(files.addToProfile(profile, '1', { x: 'y' })).rejects.toThrow(/has no file x. It has images/);
    expect(await files.listFiles()).toEqual([]);
    await files.addToProfile(profile, '4', given);
    expect(await files.missingFor(profile)).toEqual([]);
    const { tree } = await files.filesOf(profile);
    expect((await files.find(tree, PATHS[2]!))?.bytes).toBe(102);
    expect((await files.listFiles()).flatMap(({ uses }) => uses)).toContainEqual({
      tree,
      name: 'fedora-43',
      revision: '4',
      path: PATHS[0],
      use: 'kernel',
    });
  });
});

test('what was made here is found by its own name, and by no path but its own', async () => {
  const from = await local('made', Buffer.from('kernel'));
  await files.keep('discovery', { revision: '6.1' }, [{ use: 'kernel', path: 'vmlinuz', from }]);
  expect(await readFile((await files.find('discovery', 'vmlinuz'))!.path, 'utf8')).toBe('kernel');
  for (const path of ['../trees.json', 'constructor', '', 'vmlinuz/']) {
    expect(await files.find('discovery', path)).toBe(undefined);
    expect(await files.find(path, 'vmlinuz')).toBe(undefined);
  }
});

test('prune removes what no profile, no open attempt and nothing made here needs', async () => {
  await fetchAll();
  await files.keep('discovery', { revision: '6.1' }, [
    { use: 'kernel', path: 'vmlinuz', from: await local('made', randomBytes(50)) },
  ]);
  const hand = await files.addFile(await local('hand', randomBytes(60)));
  const old = mirror.files;
  mirror.files = fedoraTree();
  await fetchAll();
  const needs = { profiles: [fedora(mirror.url)], hashes: [sum(old[PATHS[0]!]!)] };
  const would = await files.prune({ ...needs, dry: true });
  expect(new Set(would.removed.map(({ sha256 }) => sha256))).toEqual(
    new Set([sum(old[PATHS[1]!]!), sum(old[PATHS[2]!]!), sum(old['.treeinfo']!), hand.sha256]),
  );
  expect((await files.listFiles()).length).toBe(10);
  expect(await files.prune(needs)).toEqual(would);
  expect((await files.listFiles()).length).toBe(6);
  expect(await files.missingFor(fedora(mirror.url))).toEqual([]);
  await files.prune({ profiles: [], hashes: [] });
  expect((await files.listFiles()).map(({ uses }) => uses.map(({ name }) => name))).toEqual([['discovery']]);
  expect((await files.missingFor(fedora(mirror.url))).length).toBe(3);
});

const start = (into: string, profile = fedora(mirror.url), limit = ''): Program =>
  run('bash', ['-c', `${limit}exec "$0" "$@"`, process.execPath, program, into, JSON.stringify(profile)]);

test('a process that is killed in the middle leaves nothing half done, and the next one goes on', async () => {
  let goesOn = false;
  mirror.answer = (request, response, path) => {
    if (path !== PATHS[1] || goesOn) return false;
    const rest = head(mirror.files[path]!, request, response);
    return (response.write(rest.subarray(0, 150_000)), true);
  };
  const killed = start(dir);
  const part = join(dir, 'files', 'parts', sum(mirror.files[PATHS[1]!]!));
  await until(async () => (await stat(part).catch(() => ({ size: 0 }))).size === 150_000);
  killed.child.kill('SIGKILL');
  await killed.exited;
  files = await open();
  expect((await files.listFiles()).map(({ sha256, uses }) => [sha256, uses])).toEqual([
    [sum(mirror.files[PATHS[0]!]!), []],
  ]);
  expect((await files.missingFor(fedora(mirror.url))).length).toBe(3);
  goesOn = true;
  mirror.asked.length = 0;
  await fetchAll();
  expect(mirror.asked).toEqual([
    { path: '.treeinfo', range: undefined },
    { path: PATHS[1], range: 'bytes=150000-' },
    { path: PATHS[2], range: undefined },
  ]);
  expect(await files.missingFor(fedora(mirror.url))).toEqual([]);
  expect(warnings).toEqual([]);
});

describe('a disk without room', () => {
  test('is told before anything is loaded, with what is to be freed', async () => {
    files = await Files.open({ dir, now: () => 0, warn: () => {}, limits: { reserve: 2 ** 60 } });
    await expect(fetchAll()).rejects.toMatchObject({ code: 'NO_ROOM', message: expect.stringMatching(/0 MB.*prune/) });
  });

  test('gets it back when a file fills it up, and the tree that was there stays', async () => {
    const disk = join(dir, 'disk');
    await mkdir(disk);
    // Who may mount nothing has a limit on the size of files instead.
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', disk]).status === 0;
    const small = fedoraTree(2_000);
    const large = mirror.files;
    mirror.files = small;
    expect((await finished(start(disk))).trim()).toBe('fetched');
    mirror.files = { ...fedoraTree(), [PATHS[2]!]: randomBytes(3_000_000) };
    mirror.files['.treeinfo'] = Buffer.from(
      `[checksums]\n${PATHS.map((path) => `${path} = sha256:${sum(mirror.files[path]!)}`).join('\n')}\n`,
    );
    // How large it is, it does not say.
    mirror.answer = (_request, response, path) => (response.write(mirror.files[path], () => response.end()), true);
    const said = await finished(start(disk, fedora(mirror.url), mounted ? '' : 'ulimit -f 1500; '));
    expect(said).toMatch(/Nothing can be written to .*(its disk is full|the disk is full)/);
    files = await Files.open({ dir: disk, now: () => 0, warn: () => {}, limits: { reserve: 0 } });
    const { tree } = await files.filesOf(fedora(mirror.url));
    expect((await files.find(tree, PATHS[2]!))?.sha256).toBe(sum(small[PATHS[2]!]!));
    expect(await readdir(join(disk, 'files', 'parts'))).toEqual([]);
    mirror.answer = undefined;
    mirror.files = large;
    expect((await finished(start(disk))).trim()).toBe('fetched');
  });
});

async function finished({ exited, output }: Program): Promise<string> {
  await exited;
  return output();
}

test('a bit flipped in the list of trees is found, and costs no file', async () => {
  await fetchAll();
  const path = join(dir, 'files', 'trees.json');
  const good = await readFile(path);
  const chance = randomFrom(7);
  for (let n = 0; n < 200; n += 1) {
    const bad = Buffer.from(good);
    bad[chance.whole(bad.length)]! ^= 1 << chance.whole(8);
    await writeFile(path, bad);
    warnings.length = 0;
    files = await open();
    const missing = await files.missingFor(fedora(mirror.url));
    if (missing.length > 0) expect(warnings).toEqual([expect.stringContaining('trees.json is damaged')]);
  }
  await writeFile(path, 'no list');
  files = await open();
  mirror.asked.length = 0;
  await fetchAll();
  expect(mirror.asked.map((one) => one.path)).toEqual(['.treeinfo']);
  expect(await parts()).toEqual([]);
});
