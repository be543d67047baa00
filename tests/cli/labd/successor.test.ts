// A pinned context follows labd's authority when another takes its place: as far as the pinned one vouches, and no further.
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { Authority } from '../../../server/domain/access/authority.ts';
import { authorityAt, firstOf, type Line, nextOf } from '../../support/authorities.ts';
import { type Door, openDoor } from '../signin.ts';
import { runLab } from '../support.ts';

let a: Line;
let b: Line;
let c: Line;
let folder: string;
let config: string;

beforeAll(async () => {
  a = await firstOf();
  b = await nextOf(a);
  c = await nextOf(b);
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lab-successor-'));
  config = join(folder, 'config.yaml');
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
});

const lab = (words: string, env: Record<string, string> = {}) =>
  runLab(words.split(' '), { LAB_CONFIG: config, ...env }, 'lab_pat_ours');
const kept = () => readFileSync(config, 'utf8');
const pinOf = (authority: Authority) => join(folder, 'authorities', `${authority.keyHash}.pem`);

/** Something that answers as labd does, with the authority at the end of a line. */
async function serve(line: Line, port = 0, named?: Authority): Promise<{ door: Door; authority: Authority }> {
  const authority = await authorityAt(line);
  const keys = await authority.issueServer({ hosts: ['127.0.0.1'] });
  return { door: await openDoor({ keys, port, authority: named ?? authority }), authority };
}

/** Signs in where a line ends, then puts another in its place, at the same address. */
async function replaced(from: Line, to: Line, named?: Authority) {
  const { door, authority: before } = await serve(from);
  const signedIn = await lab(`login --labd ${door.url} --token-stdin --authority-hash ${before.keyHash}`);
  expect(signedIn.code, signedIn.err).toBe(0);
  await door.stop();
  return { before, ...(await serve(to, Number(new URL(door.url).port), named)) };
}

const said = (door: Door, { keyHash }: Authority) =>
  `labd at ${door.url} has another authority, for which the one that is trusted vouches. The SHA-256 of its key is\n  ${keyHash}\ncontext/127.0.0.1 trusts that from now on.\n`;

describe('a pinned context', () => {
  test.each([
    ['the next authority', () => [a, b] as const],
    ['the one after that, both within the overlap', () => [a, c] as const],
  ])('follows %s, says so once, and keeps it', async (_what, lines) => {
    const { before, door, authority } = await replaced(...lines());
    const first = await lab('get servers');
    expect(first).toMatchObject({ code: 0, err: expect.stringContaining(said(door, authority)) });
    expect(kept()).toContain(`authority: ${pinOf(authority)}\n`);
    expect(kept()).not.toContain(before.keyHash);
    expect((await lab('get servers')).err).not.toContain('another authority');
  });

  test('follows when it signs in anew, too', async () => {
    const { door, authority } = await replaced(a, b);
    const { code, err } = await lab('login --token-stdin');
    expect({ code, err }).toMatchObject({ code: 0, err: expect.stringContaining(said(door, authority)) });
    expect(kept()).toContain(`authority: ${pinOf(authority)}\n`);
  });

  test('does not follow where the earlier authority has ended, and says how to trust the new one', async () => {
    const later: Line = { ...b, earlier: b.earlier.map((one) => ({ ...one, endsAt: new Date(Date.now() - 1) })) };
    const { before, door, authority } = await replaced(a, later);
    const { code, err } = await lab('get servers');
    expect(code).toBe(5);
    expect(err).toContain(`trusted  ${before.keyHash}\n  shown    ${authority.keyHash}\n`);
    expect(err).toContain('login --authority-hash HEX');
    expect(door.shown).toEqual([]);
  });

  test('does not follow a labd that names an authority which its own does not vouch for', async () => {
    const foreign = await authorityAt(await firstOf());
    const { before, door } = await replaced(a, b, foreign);
    const { code, err } = await lab('get servers');
    expect(code).toBe(0);
    expect(err).toContain(
      `labd at ${door.url} names another authority than the one that is trusted, and the one that is known does not vouch for it: it is not trusted. Somebody may be in between.\n`,
    );
    expect(kept()).toContain(pinOf(before));
  });

  test('of a file that LAB_AUTHORITY names is told, and the file is left as it is', async () => {
    const file = join(folder, 'labd.pem');
    writeFileSync(file, a.keys.certificate);
    const { door } = await serve(b);
    const { code, err } = await lab(`get servers --labd ${door.url}`, { LAB_AUTHORITY: file });
    expect(code).toBe(0);
    expect(err).toContain(`Put it in place of the other in ${file};`);
    expect(readFileSync(file, 'utf8')).toBe(a.keys.certificate);
  });
});

describe('signing in', () => {
  test.each([
    ['the authority that signs now', () => c],
    ['an earlier one that vouches for it', () => a],
  ])('by the hash of %s pins the one that signs now', async (_what, meant) => {
    const { door, authority } = await serve(c);
    const { keyHash } = await authorityAt(meant());
    const { code, err } = await lab(`login --labd ${door.url} --token-stdin --authority-hash ${keyHash}`);
    expect(code, err).toBe(0);
    expect(kept()).toContain(`authority: ${pinOf(authority)}\n`);
    expect(readFileSync(pinOf(authority), 'utf8')).toBe(c.keys.certificate.trimEnd() + '\n');
    expect((await lab('get servers')).code).toBe(0);
  });

  test('is refused where labd answers with an authority of another key than signed', async () => {
    const foreign = await authorityAt(await firstOf());
    const { door, authority } = await serve(c, 0, foreign);
    const { code, err } = await lab(`login --labd ${door.url} --token-stdin --authority-hash ${authority.keyHash}`);
    expect({ code, err }).toMatchObject({
      code: 5,
      err: expect.stringContaining('does not show the authority that its certificate comes from'),
    });
    expect(door.shown).toEqual([undefined]);
  });
});
