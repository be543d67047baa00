// How lab knows labd over TLS: by the authority that was pinned when it was met, and by no other.
import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import {
  type Authority,
  authorityOf,
  makeAuthority,
  type ServerCertificate,
} from '../../../server/domain/access/authority.ts';
import { type Door, openDoor } from '../signin.ts';
import { runLab } from '../support.ts';
import { atTerminal } from '../terminal.ts';
import { realSystem } from '../../../common/system.ts';

let own: Authority;
let foreign: Authority;
let keys: ServerCertificate;
let folder: string;
let env: Record<string, string>;

beforeAll(async () => {
  own = await authorityOf(await makeAuthority(realSystem), realSystem);
  foreign = await authorityOf(await makeAuthority(realSystem), realSystem);
  keys = await own.issueServer({ hosts: ['127.0.0.1'] });
});

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lab-trust-'));
  env = { LAB_CONFIG: join(folder, 'config.yaml') };
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
});

const lab = (words: string, more: Record<string, string> = {}, input = '') =>
  runLab(words.split(' '), { ...env, ...more }, input);

const kept = (): string => {
  try {
    return readFileSync(env['LAB_CONFIG']!, 'utf8');
  } catch {
    return '';
  }
};

/** Signs in at a labd of our own authority, by its hash, and returns it. */
async function signedIn(): Promise<Door> {
  const door = await openDoor({ keys });
  const { code, err } = await lab(
    `login --labd ${door.url} --token-stdin --authority-hash ${own.keyHash}`,
    {},
    'lab_pat_ours',
  );
  expect(code, err).toBe(0);
  return door;
}

/** Puts something in the place of a labd, with a certificate of another authority. */
async function replace(door: Door): Promise<Door> {
  await door.stop();
  const port = Number(new URL(door.url).port);
  return openDoor({ keys: await foreign.issueServer({ hosts: ['127.0.0.1'] }), port });
}

describe('the authority', () => {
  test('is pinned beside the configuration, for its owner alone, and used from then on', async () => {
    const door = await signedIn();
    const authorities = join(folder, 'authorities');
    expect(statSync(authorities).mode & 0o777).toBe(0o700);
    const [file, ...more] = readdirSync(authorities);
    expect(more).toEqual([]);
    expect(statSync(join(authorities, file!)).mode & 0o777).toBe(0o600);
    expect(kept()).toContain(`authority: ${join(authorities, file!)}\n`);
    expect((await lab('get servers')).code).toBe(0);
    expect(new Set(door.shown)).toEqual(new Set(['Bearer lab_pat_ours']));
  });

  test.each(['get servers', 'get servers -w', 'login --user ann --password-stdin'])(
    'that is another than the pinned one ends lab %s with both keys, and nothing is sent',
    async (words) => {
      const impostor = await replace(await signedIn());
      const { code, out, err } = await lab(words, {}, 'correct horse battery');
      expect({ code, out }).toEqual({ code: 5, out: '' });
      expect(err).toContain(`trusted  ${own.keyHash}\n`);
      expect(err).toContain(`shown    ${foreign.keyHash}\n`);
      expect(impostor.shown).toEqual([]);
    },
  );

  test('that shows ours beside a certificate of its own is not taken either', async () => {
    const theirs = await foreign.issueServer({ hosts: ['127.0.0.1'] });
    const [leaf] = theirs.certificate.split(/(?<=-----END CERTIFICATE-----\n)/);
    const door = await openDoor({ keys: { key: theirs.key, certificate: `${leaf}${own.certificate}` } });
    const words = `login --labd ${door.url} --token-stdin --authority-hash ${own.keyHash}`;
    expect(await lab(words, {}, 'lab_pat_ours')).toMatchObject({ code: 5, out: '' });
    expect(door.shown).toEqual([]);
    expect(kept()).toBe('');
  });

  test('that is new is pinned in place of the old one by its hash', async () => {
    const door = await replace(await signedIn());
    const words = `login --token-stdin --authority-hash ${foreign.keyHash}`;
    expect((await lab(words, {}, 'lab_pat_ours')).code).toBe(0);
    expect((await lab('get servers')).code).toBe(0);
    expect(door.shown).toHaveLength(2);
  });

  test('is shown on a terminal, and kept when somebody says yes', async () => {
    const door = await openDoor({ keys });
    const words = `login --labd ${door.url} --token lab_pat_ours`;
    const no = await atTerminal(words, env, [['Trust it? [y/N] ', 'n\r']]);
    expect(no.code).toBe(1);
    expect(no.shown).toContain(own.keyHash);
    expect([kept(), door.shown]).toEqual(['', []]);
    const yes = await atTerminal(words, env, [['Trust it? [y/N] ', 'y\r']]);
    expect(yes.code, yes.shown).toBe(0);
    expect(kept()).toContain('authority: ');
  });

  test('is not asked about where nobody is', async () => {
    const door = await openDoor({ keys });
    const { code, err } = await lab(`login --labd ${door.url} --token-stdin`, {}, 'lab_pat_ours');
    expect(code).toBe(2);
    expect(err).toContain('Nobody is there to be asked for: Trust it?');
    expect([kept(), door.shown]).toEqual(['', []]);
  });

  test('may be in a file that LAB_AUTHORITY names, which nothing is kept of', async () => {
    const door = await openDoor({ keys });
    const file = join(folder, 'labd.pem');
    writeFileSync(file, own.certificate);
    const more = { LAB_AUTHORITY: file };
    expect((await lab(`login --labd ${door.url} --token-stdin`, more, 'lab_pat_ours')).code).toBe(0);
    expect((await lab('get servers', more)).code).toBe(0);
    expect(kept()).not.toContain('authority');
    expect((await lab('get servers')).code).toBe(5);
    const missing = await lab('get servers', { LAB_AUTHORITY: join(folder, 'none.pem') });
    expect(missing).toMatchObject({ code: 1, err: expect.stringContaining('none.pem') });
  });

  test('that is not shown cannot be pinned', async () => {
    const [leaf] = keys.certificate.split(/(?<=-----END CERTIFICATE-----\n)/);
    const door = await openDoor({ keys: { key: keys.key, certificate: leaf! } });
    const { code, shown } = await atTerminal(`login --labd ${door.url} --token x`, env, []);
    expect(code).toBe(5);
    expect(shown).toContain('does not show the authority');
  });
});
