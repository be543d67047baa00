// Fetching installers' files from real servers: whole and checked, or not at all, whatever the mirror does.
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { FetchProgress } from '../../../bastion/files/fetch.ts';
import { Files } from '../../../bastion/files/files.ts';
import type { Limits } from '../../../bastion/files/transfer.ts';
import { temporary, until } from '../support.ts';
import {
  cutAfter,
  debianSums,
  fedora,
  fedoraTree,
  file,
  head,
  PATHS,
  send,
  startMirror,
  sum,
  sumsOf,
  type Mirror,
} from './mirror.ts';

const quick: Partial<Limits> = { wait: 1, answer: 20_000, silence: 20_000, reserve: 0 };

let dir: string;
let remove: () => Promise<void>;
let mirror: Mirror;
let files: Files;

const open = (limits: Partial<Limits> = {}) =>
  Files.open({ dir, now: () => 1_000, warn: () => {}, limits: { ...quick, ...limits } });

beforeEach(async () => {
  ({ dir, remove } = await temporary());
  mirror = await startMirror(fedoraTree());
  files = await open();
});
afterEach(async () => {
  await mirror.stop();
  await remove();
});

/** The sums of what is served of a profile, by path. */
async function served(profile = fedora(mirror.url)): Promise<Record<string, string>> {
  const { tree, files: kept } = await files.filesOf(profile);
  const found = await Promise.all(
    Object.keys(kept).map(async (path) => [path, await readFile((await files.find(tree, path))!.path)] as const),
  );
  return sumsOf(Object.fromEntries(found));
}
const parts = () => readdir(join(dir, 'files', 'parts')).catch(() => []);
const asked = (path: string) => mirror.asked.filter((one) => one.path === path);

async function expectNothing(code: string, say: RegExp, fetched: Promise<unknown>): Promise<void> {
  await expect(fetched).rejects.toMatchObject({ code, message: expect.stringMatching(say) });
  expect((await files.missingFor(fedora(mirror.url))).length).toBeGreaterThan(0);
  expect((await files.listFiles()).filter(({ uses }) => uses.length > 0)).toEqual([]);
}

describe('a profile is fetched', () => {
  test('by the sums of the mirror, and its list is served with the files, as Anaconda wants it', async () => {
    const profile = fedora(mirror.url);
    expect((await files.missingFor(profile)).map(({ path }) => path)).toEqual(PATHS);
    const progress: FetchProgress[] = [];
    const tree = await files.fetchProfile(profile, 'rev-7', { onProgress: (one) => progress.push(one) });
    expect(tree).toMatchObject({ name: 'fedora-43', revision: 'rev-7', from: mirror.url, since: 1_000 });
    expect(await served()).toEqual(sumsOf(mirror.files));
    expect(await files.missingFor(profile)).toEqual([]);
    expect(progress.at(-1)).toEqual({ path: PATHS[2], bytes: 300_000, total: 300_000, done: 2, files: 3 });
    expect(await parts()).toEqual([]);
  });

  test('once: a later revision with the same files, and a start of the bastion, need nothing more', async () => {
    await files.fetchProfile(fedora(mirror.url), '1');
    files = await open();
    expect(await files.missingFor(fedora(mirror.url, { name: 'copy-of-it' }))).toEqual([]);
    mirror.asked.length = 0;
    await files.fetchProfile(fedora(mirror.url), '2');
    expect(mirror.asked.map(({ path }) => path)).toEqual(['.treeinfo']);
  });

  test('by a list as Debian has it, whose paths are below its own folder', async () => {
    const linux = randomBytes(1_000);
    const list = `${sum('x')}  ./netboot/mini.iso\n${sum(linux)}  ./netboot/amd64/linux\n${sum('y')} *../../escape\n`;
    mirror.files = {
      'dists/trixie/images/netboot/amd64/linux': linux,
      [debianSums.path]: Buffer.from(list),
    };
    const profile = fedora(mirror.url, {
      sums: debianSums,
      files: [file('kernel', 'dists/trixie/images/netboot/amd64/linux')],
    });
    await files.fetchProfile(profile, '1');
    expect(await served(profile)).toEqual(sumsOf(mirror.files));
  });

  test('from another mirror than its own, or from a folder that was carried here', async () => {
    const profile = fedora('http://127.0.0.1:9/nowhere');
    await files.fetchProfile(profile, '1', { mirror: mirror.url });
    expect(await served(profile)).toEqual(sumsOf(mirror.files));
    const other = fedora('http://127.0.0.1:9/elsewhere');
    const folder = join(dir, 'stick');
    mirror.files = fedoraTree(1_000);
    for (const [path, content] of Object.entries(mirror.files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), content);
    }
    expect(await files.fetchProfile(other, '1', { mirror: folder })).toMatchObject({ from: folder });
    expect(await served(other)).toEqual(sumsOf(mirror.files));
  });

  test('by its own hashes, without any list', async () => {
    const root = randomBytes(5_000);
    mirror.files = { 'a b/100%.tar': root };
    const profile = fedora(mirror.url, { sums: null, files: [file('root', 'a b/100%.tar', root)] });
    await files.fetchProfile(profile, '1');
    expect(await served(profile)).toEqual(sumsOf(mirror.files));
  });
});

describe('a mirror', () => {
  /** Answers for the initrd alone; the others come as they should. */
  const forInitrd = (answer: NonNullable<Mirror['answer']>) => {
    mirror.answer = (request, response, path) => path === PATHS[1] && answer(request, response, path);
  };

  test('that cuts again and again is asked for what is left each time', async () => {
    forInitrd((request, response, path) => {
      const rest = head(mirror.files[path]!, request, response);
      if (rest.length <= 100_000) return (response.end(rest), true);
      return cutAfter(rest.subarray(0, 100_000), response);
    });
    await files.fetchProfile(fedora(mirror.url), '1');
    expect(await served()).toEqual(sumsOf(mirror.files));
    const ranges = asked(PATHS[1]!).map(({ range }) => range);
    expect(ranges.length).toBeGreaterThan(2);
    expect(ranges.slice(1).every((range) => /^bytes=[1-9]\d*-$/.test(range ?? ''))).toBe(true);
  });

  test('without ranges sends all of it again', async () => {
    let cuts = 2;
    forInitrd((request, response, path) => {
      const content = mirror.files[path]!;
      response.writeHead(200, { 'Content-Length': content.length });
      if (cuts-- > 0) response.write(content.subarray(0, 50_000), () => response.destroy());
      else response.end(content);
      return true;
    });
    await files.fetchProfile(fedora(mirror.url), '1');
    expect(await served()).toEqual(sumsOf(mirror.files));
  });

  test('that always cuts at the same place is given up, and what came is gone on with later', async () => {
    forInitrd((request, response, path) => {
      const rest = head(mirror.files[path]!, request, response);
      return cutAfter(rest.subarray(0, request.headers.range ? 0 : 70_000), response);
    });
    await expectNothing('UNREACHABLE', /initrd\.img cannot be read: .*tried 5 times.*--mirror URL/, fetchAll());
    mirror.answer = undefined;
    await fetchAll();
    expect(asked(PATHS[1]!).at(-1)?.range).toMatch(/^bytes=[1-9]/);
    expect(await served()).toEqual(sumsOf(mirror.files));
  });

  test('that falls silent is left after the time that it has', async () => {
    files = await open({ silence: 100, tries: 2 });
    forInitrd(
      (request, response, path) => (head(mirror.files[path]!, request, response), response.flushHeaders(), true),
    );
    await expectNothing('UNREACHABLE', /sent nothing for 0.1 s/, fetchAll());
    files = await open({ answer: 100, tries: 2 });
    forInitrd(() => true);
    await expectNothing('UNREACHABLE', /gave no answer for 0.1 s/, fetchAll());
  });

  test('with another file of that name changes nothing', async () => {
    forInitrd((request, response) => (send(randomBytes(300_000), request, response), true));
    await expectNothing('WRONG_SUM', /initrd\.img from .* is another file .*SHA-256/, fetchAll());
    expect(await parts()).toEqual([]);
  });

  test('that goes on with another file than it began is asked for all of it again', async () => {
    let cut = true;
    forInitrd((request, response, path) => {
      if (!cut) return false;
      cut = false;
      head(mirror.files[path]!, request, response);
      return (response.write(randomBytes(60_000)), true);
    });
    const stopped = new AbortController();
    const first = files.fetchProfile(fedora(mirror.url), '1', {
      signal: stopped.signal,
      onProgress: ({ path, bytes }) => path === PATHS[1] && bytes >= 60_000 && stopped.abort(),
    });
    await expect(first).rejects.toThrow(/abort/i);
    await fetchAll();
    expect(asked(PATHS[1]!).at(-1)?.range).toBe(undefined);
    expect(await served()).toEqual(sumsOf(mirror.files));
  });

  test.each([
    ['that says another size than the profile', 1, /has 300001 bytes, and not the 300000/],
    ['that sends less than it says', 0, /cannot be read/],
  ])('%s is not believed', async (_what, more, say) => {
    const content = mirror.files[PATHS[1]!]!;
    const profile = fedora(mirror.url, { files: [file('initrd', PATHS[1]!, more ? content : undefined)] });
    forInitrd((_request, response) => {
      response.writeHead(200, { 'Content-Length': content.length + 1 });
      return cutAfter(content, response);
    });
    await expect(files.fetchProfile(profile, '1')).rejects.toThrow(say);
    expect((await files.missingFor(profile)).length).toBe(1);
  });

  test('that sends without end is stopped', async () => {
    files = await open({ file: 400_000 });
    forInitrd((_request, response) => {
      response.on('error', () => {});
      const more = () => !response.destroyed && response.write(Buffer.alloc(65_536), () => setImmediate(more));
      return (more(), true);
    });
    await expectNothing('WRONG_SUM', /sends more than the 400000 bytes/, fetchAll());
  });

  test('that changes in the middle is told, and the tree that was there stays as it was', async () => {
    await fetchAll();
    const before = mirror.files;
    mirror.files = fedoraTree();
    mirror.answer = (_request, _response, path) => {
      if (path === PATHS[2] && mirror.asked.length < 100) mirror.files = fedoraTree();
      return false;
    };
    await expect(fetchAll()).rejects.toMatchObject({
      code: 'MIRROR_CHANGED',
      message: expect.stringMatching(/was changed while its files were fetched.*Fetch once more/),
    });
    expect(await served()).toEqual(sumsOf(before));
    mirror.answer = undefined;
    await fetchAll();
    expect(await served()).toEqual(sumsOf(mirror.files));
  });

  test('may redirect, a few times, and to HTTP alone', async () => {
    mirror.answer = (request, response) => {
      const [path, hops = '3'] = request.url!.split('?');
      if (hops === '0') return false;
      return (response.writeHead(302, { Location: `${path}?${Number(hops) - 1}` }).end(), true);
    };
    await fetchAll();
    expect(await served()).toEqual(sumsOf(mirror.files));
    mirror.files = fedoraTree();
    forInitrd((request, response) => (response.writeHead(302, { Location: request.url! }).end(), true));
    await expect(fetchAll()).rejects.toThrow(/redirects more than 5 times/);
    forInitrd((_request, response) => (response.writeHead(302, { Location: 'file:///etc/passwd' }).end(), true));
    await expect(fetchAll()).rejects.toThrow(/redirects to file:, which is not HTTP/);
  });

  test.each([
    ['has no list', { '.treeinfo': undefined }, /\.treeinfo answers with status 404/],
    ['lists nothing about a file', { '.treeinfo': Buffer.from('[checksums]\n') }, /says nothing about images.*sha256/],
    ['lacks a file', { [PATHS[1]!]: undefined }, /initrd\.img answers with status 404/],
  ])('that %s is told with what to do', async (_what, changed, say) => {
    mirror.files = { ...mirror.files, ...changed } as Record<string, Buffer>;
    await expect(fetchAll()).rejects.toThrow(say);
    await expect(fetchAll()).rejects.toThrow(/mirror|--mirror/);
  });

  test('that is none is refused, and so is a path that leads out of it', async () => {
    await expect(files.fetchProfile(fedora('ftp://x/'), '1')).rejects.toThrow(/"ftp:\/\/x\/" is no mirror/);
    const out = fedora(mirror.url, { sums: null, files: [file('kernel', 'a/../../b', Buffer.from('x'))] });
    await expect(files.fetchProfile(out, '1')).rejects.toThrow(/leads out of its mirror/);
    const silent = fedora(mirror.url, { sums: null });
    await expect(files.fetchProfile(silent, '1')).rejects.toThrow(/lab bastion files add FILE --profile fedora-43/);
  });
});

const fetchAll = () => files.fetchProfile(fedora(mirror.url), '1');

test('a file that the disk spoilt is fetched again', async () => {
  await fetchAll();
  const { tree } = await files.filesOf(fedora(mirror.url));
  const { path } = (await files.find(tree, PATHS[0]!))!;
  await writeFile(path, Buffer.alloc(300_000));
  await fetchAll();
  expect(await served()).toEqual(sumsOf(mirror.files));
});

test('two fetches at once come one after the other', async () => {
  const other = await startMirror(fedoraTree());
  await Promise.all([fetchAll(), files.fetchProfile(fedora(other.url), '1'), fetchAll()]);
  expect(await served()).toEqual(sumsOf(mirror.files));
  expect(await served(fedora(other.url))).toEqual(sumsOf(other.files));
  await until(async () => (await parts()).length === 0);
  await other.stop();
});
