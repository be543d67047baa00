// lab bastion files: a bastion fetches what a profile of labd needs from a real mirror.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Bastion } from '../../../bastion/bastion.ts';
import { Files } from '../../../bastion/files/files.ts';
import { ramdiskIdentity } from '../../../bastion/ramdisk/identity.ts';
import { type Mirror, startMirror, sum } from '../../bastion/files/mirror.ts';
import { bastionIn, temporary } from '../../bastion/support.ts';
import { runLab, shareSite } from '../support.ts';

const content = { linux: Buffer.from('a kernel'), 'initrd.gz': Buffer.alloc(300_000, 5) };
const file = (use: string, path: keyof typeof content) => ({
  use,
  path,
  bytes: content[path].length,
  sha256: sum(content[path]),
});

let bastion: Bastion;
let mirror: Mirror;
let place: Awaited<ReturnType<typeof temporary>>;

const site = shareSite(async (ready) => {
  mirror = await startMirror({ ...content });
  const spec = {
    title: 'Tiny',
    installer: 'custom',
    architecture: 'x86_64',
    mirror: mirror.url,
    files: [file('kernel', 'linux'), file('initrd', 'initrd.gz')],
    stages: ['booting', 'done'],
  };
  const manifest = { apiVersion: 'lab/v1', kind: 'Profile', metadata: { name: 'tiny' }, spec };
  const applied = await runLab(['apply', '-f', '-'], ready.env, JSON.stringify(manifest));
  expect(applied).toMatchObject({ code: 0 });
});

beforeAll(async () => {
  place = await temporary();
  bastion = await bastionIn(place.dir);
});
afterAll(async () => {
  await bastion.stop();
  await mirror.stop();
  await place.remove();
});

const files = (...words: string[]) => runLab(['bastion', 'files', ...words, '--dir', place.dir], site.env);

describe('lab bastion files', () => {
  test('fetches what a profile needs, lists it, and loads nothing twice', async () => {
    expect(await files('list')).toEqual({ code: 0, out: '', err: 'There are no files yet.\n' });
    const fetched = await files('fetch', 'tiny');
    expect(fetched).toMatchObject({ code: 0, out: 'profile/tiny has its 2 files\n' });
    const { out } = await files('list');
    expect(out.split('\n').toSorted()).toEqual([
      '',
      'PROFILE   USE      SIZE     SHA-256        PATH',
      `tiny      initrd   300 kB   ${sum(content['initrd.gz']).slice(0, 12)}   initrd.gz`,
      `tiny      kernel   8 B      ${sum(content.linux).slice(0, 12)}   linux`,
    ]);
    const asked = mirror.asked.length;
    expect(await files('fetch', 'tiny')).toMatchObject({ code: 0 });
    expect(mirror.asked.length).toBe(asked);
  });

  test('says which profile or which bastion is not there', async () => {
    const nowhere = await runLab(['bastion', 'files', 'list', '--dir', join(place.dir, 'nowhere')], site.env);
    expect(nowhere).toMatchObject({ code: 5, err: expect.stringContaining('No bastion runs in') });
    const wanted = await files('fetch', 'debian-99');
    expect(wanted).toMatchObject({ code: 3, err: expect.stringContaining('There is no profile "debian-99"') });
  });

  test('refuses a file of a mirror that is another, says which, and keeps what is there', async () => {
    const other = await startMirror({ ...content, linux: Buffer.from('b kernel') });
    onTestFinished(() => other.stop());
    const empty = await temporary();
    const second = await bastionIn(empty.dir);
    onTestFinished(async () => {
      await second.stop();
      await empty.remove();
    });
    const words = ['bastion', 'files', 'fetch', 'tiny', '--mirror', other.url, '--dir', empty.dir];
    const refused = await runLab(words, site.env);
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(refused.err).toContain('linux');
    expect(refused.err).toContain('SHA-256');
  });

  test('takes files by hand, and refuses one that is not what was said', async () => {
    const path = join(place.dir, 'by-hand');
    await writeFile(path, 'by hand');
    expect(await files('add', path)).toMatchObject({ code: 0, out: `${sum('by hand')}  ${path}\n` });
    const wrong = await files('add', path, '--sha256', sum('other'));
    expect(wrong).toMatchObject({
      code: 1,
      err: expect.stringContaining('is another file than the one that was wanted'),
    });
  });

  test('removes what no profile needs, and only says so with --dry-run', async () => {
    const would = await files('prune', '--dry-run');
    expect(would).toMatchObject({ code: 0, out: `${sum('by hand')}\n` });
    expect(would.err).toMatch(/^1 files, 7 B, would go\n$/);
    expect(await files('prune')).toMatchObject({ code: 0, out: `${sum('by hand')}\n` });
    expect((await files('list')).out).not.toContain('<none>');
    expect((await files('list')).out).toContain('tiny');
  });

  test.each([
    ['another version built', 'another', 'built by another version of the bastion'],
    ['nobody noted who built', undefined, 'built by another version of the bastion'],
    ['this version built', 'this', 'built by this version'],
  ])('says of a ramdisk that %s how it is', async (_what, by, said) => {
    const { dir, remove } = await temporary();
    const kept = await Files.open({ dir, now: Date.now, warn: () => {} });
    const from = join(dir, 'made');
    await writeFile(from, 'a kernel');
    const build = by === 'this' ? await ramdiskIdentity() : by;
    await kept.keep('discovery', { revision: '6.1', build }, [{ use: 'kernel', path: 'vmlinuz', from }]);
    const one = await bastionIn(dir);
    onTestFinished(async () => {
      await one.stop();
      await remove();
    });
    const env = { ...site.env, BASTION_DIR: dir };
    const old = by !== 'this';
    const status = await runLab(['bastion', 'status'], env);
    expect(status.out).toMatch(new RegExp(`^Ramdisk: +${said}`, 'm'));
    const list = await runLab(['bastion', 'files', 'list'], env);
    expect(list).toMatchObject({ code: 0, out: expect.stringContaining('discovery') });
    const doctor = await runLab(['doctor'], env);
    for (const text of [status.out, list.err, doctor.out])
      expect(text.includes('bastion files build discovery'), text).toBe(old);
  });
});
