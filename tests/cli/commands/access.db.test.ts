// Signing in and out, and who may do what, as people type it, against a real labd.
import { createHash, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type DetailedPeerCertificate } from 'node:tls';
import { afterAll, describe, expect, test } from 'vitest';
import { expectGolden, runLab, shareSite, type Ended } from '../support.ts';
import { atTerminal } from '../terminal.ts';

const PASSWORD = 'correct horse battery';
const folder = mkdtempSync(join(tmpdir(), 'lab-signin-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

const site = shareSite(async ({ lab }) => {
  await lab(
    'create',
    'role',
    'web',
    '--permission',
    'read:*:*:*',
    '--permission',
    'apply:*:prod:web-*',
    '--description',
    'Web people',
  );
  await lab('create', 'user', 'ann', '--role', 'operator', '--role', 'web', '--email', 'ann@lab.example');
  await lab('create', 'token', 'ci', '--user', 'ann', '--ttl', '30d');
  await lab('create', 'token', 'join', '--bastion', 'south', '--uses', '3', '--ttl', '2h');
});

/** Runs lab with a configuration of its own, as whoever that is signed in as. */
const asOf =
  (config: string) =>
  (words: string, input = ''): Promise<Ended> =>
    runLab(words.split(' '), { LAB_CONFIG: join(folder, `${config}.yaml`) }, input);

const hidden = (text: string) =>
  text
    .replaceAll(/lab_(pat|join)_\w{4}/g, 'lab_$1_xxxx')
    .replaceAll(/^(admin|bastion-north)-[0-9a-f]{6}/gm, '$1-xxxxxx')
    .replaceAll(/in \d+[smhd]/g, 'in 9d');

describe('get and describe', () => {
  test.each([
    ['get users', 'get-users.txt'],
    ['get users -o wide', 'get-users-wide.txt'],
    ['get user ann -o yaml', 'get-user.yaml'],
    ['get roles', 'get-roles.txt'],
    ['get roles -o wide', 'get-roles-wide.txt'],
    ['get role web -o yaml', 'get-role.yaml'],
    ['get tokens', 'get-tokens.txt'],
    ['get tokens -o wide', 'get-tokens-wide.txt'],
    ['get token join -o json', 'get-token.json'],
    ['describe user ann', 'describe-user.txt'],
    ['describe role web', 'describe-role.txt'],
    ['describe token join', 'describe-token.txt'],
  ])('lab %s prints what it always has', async (line, golden) => {
    const { out, err, code } = await site.lab(...line.split(' '));
    expect({ code, err }).toEqual({ code: 0, err: '' });
    await expectGolden(hidden(out), golden);
  });
});

describe('create token', () => {
  test('prints the secret alone, so that it can be caught, and it works', async () => {
    const { out, err, code } = await site.lab('create', 'token', '--user', 'ann');
    expect(code).toBe(0);
    expect(out).toMatch(/^lab_pat_\w{38}\n$/);
    expect(err).toContain('Its secret is shown this once');
    const who = await runLab(['auth', 'whoami'], { LAB_URL: site.labd.url, LAB_TOKEN: out.trim() });
    expect(who.out).toContain('Name:        ann\n');
  });

  test.each([
    ['--ttl soon', 2, '--ttl: "soon" is not a length of time.'],
    ['--ttl 90000d', 1, 'is out of range'],
    ['--uses 2', 2, '--uses goes with --bastion or --agent.'],
    ['--bastion a --agent b', 2, '--agent'],
    ['ci', 1, 'There is a token "ci" already.'],
    ['--user nobody', 1, 'There is no such user.'],
  ])('with %s exits with %i and says why', async (words, code, message) => {
    const ended = await site.lab('create', 'token', ...words.split(' '));
    expect([ended.code, ended.out]).toEqual([code, '']);
    expect(ended.err).toContain(message);
  });
});

describe('login', () => {
  test('with a password keeps a session in a context that only its owner reads, and logout ends it', async () => {
    const lab = asOf('bob');
    const made = await runLab('create user bob --role viewer --password-stdin'.split(' '), site.env, PASSWORD);
    expect(made.out).toBe('user/bob created\n');
    const wrong = await lab(`login --labd ${site.labd.url} --user bob --password-stdin`, 'wrong horse battery');
    expect([wrong.code, wrong.out]).toEqual([1, '']);
    expect(wrong.err).toContain('The name or the password is wrong.');
    const right = await lab(`login --labd ${site.labd.url} --user bob --password-stdin`, `${PASSWORD}\n`);
    expect(right).toMatchObject({ code: 0, out: 'Signed in as bob (viewer); it ends in 7d.\n' });
    const config = join(folder, 'bob.yaml');
    expect(statSync(config).mode & 0o777).toBe(0o600);
    const secret = /lab_ses_\w+/.exec(readFileSync(config, 'utf8'))![0];
    expect((await lab('auth whoami -o json')).out).toContain('"name": "bob"');
    expect((await lab('logout')).out).toBe('context/127.0.0.1 is signed out\n');
    expect(readFileSync(config, 'utf8')).not.toContain('lab_ses_');
    const later = await runLab(['get', 'servers'], { LAB_URL: site.labd.url, LAB_TOKEN: secret });
    expect(later.code).toBe(4);
    expect(later.err).toContain('does not take your token');
    expect(later.err).not.toContain(secret);
  });

  test('asks on a terminal, and shows nothing of the password', async () => {
    await runLab('create user carol --role viewer --password-stdin'.split(' '), site.env, PASSWORD);
    const env = { LAB_CONFIG: join(folder, 'carol.yaml') };
    const answers = [['Password: ', `${PASSWORD}\r`]] as const;
    const { code, shown } = await atTerminal(`login --labd ${site.labd.url} --user carol`, env, answers);
    expect(code, shown).toBe(0);
    expect(shown).toContain('Signed in as carol (viewer)');
    expect(shown).not.toContain('horse');
  });

  test('with a token keeps that, and says that logging out does not end it', async () => {
    const lab = asOf('robot');
    const signedIn = await lab(`login --labd ${site.labd.url} --token-stdin`, site.labd.token);
    expect(signedIn.out).toBe('Signed in as admin (admin).\n');
    const link = await lab('login --browser');
    expect(link.out).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/sign-in#lab_link_\w{38}\n$/);
    expect((await lab('logout')).err).toContain('still good');
    expect((await lab('logout')).code).toBe(1);
    const none = await lab('get servers');
    expect(none.code).toBe(4);
    expect(none.err).toMatch(/^Error: You are not signed in at .*\nSign in with: .*lab.* login\n$/);
  });

  test('over TLS pins the authority that was shown, and refuses another', async () => {
    const lab = asOf('tls');
    const hash = await authorityOf(site.labd.tlsUrl);
    const words = `login --labd ${site.labd.tlsUrl} --token-stdin --authority-hash`;
    const other = await lab(`${words} ${'0'.repeat(64)}`, site.labd.token);
    expect([other.code, other.err.includes(hash)]).toEqual([5, true]);
    expect((await lab(`${words} ${hash}`, site.labd.token)).code).toBe(0);
    expect((await lab('get roles -o name')).out).toContain('role/admin\n');
    const unknown = await asOf('nobody')(`get roles --labd ${site.labd.tlsUrl}`);
    expect(unknown.code).toBe(5);
    expect(unknown.err).toContain('lab login --labd URL');
  });
});

describe('auth', () => {
  test('can-i says yes or no, and why', async () => {
    const asked = async (words: string) => {
      const { code, out } = await site.lab('auth', 'can-i', ...words.split(' '));
      return [code, ...out.trim().split('\n')];
    };
    expect(await asked('delete server web-1')).toEqual([0, 'yes']);
    expect(await asked('provision server/web-1 --environment prod --as ann --why')).toEqual([
      0,
      'yes',
      'it takes apply:default:prod:web-1',
      'allowed by apply:*:*:* of role/operator',
      'allowed by apply:*:prod:web-* of role/web',
    ]);
    expect(await asked('get users --as ann --why')).toEqual([
      1,
      'no',
      'it takes admin:*:*:users/*',
      'held: apply:*:*:* apply:*:prod:web-* destroy:*:*:* read:*:*:*',
    ]);
    expect((await site.lab('auth', 'can-i', 'frob', 'servers')).code).toBe(2);
    expect((await site.lab('auth', 'can-i', '--list')).out).toBe('*:*:*:*\n');
  });

  test('bind and unbind give and take a role', async () => {
    expect((await site.lab('auth', 'bind', 'ann', 'viewer')).out).toBe('user/ann has role/viewer\n');
    expect((await site.lab('auth', 'bind', 'ann', 'viewer')).code).toBe(1);
    expect((await site.lab('auth', 'unbind', 'ann', 'viewer')).out).toBe('user/ann no longer has role/viewer\n');
    expect((await site.lab('auth', 'unbind', 'ann', 'viewer')).code).toBe(3);
  });

  test('what is refused names the permission, and exits with 4', async () => {
    const lab = asOf('viewer');
    await runLab('create user dave --role viewer --password-stdin'.split(' '), site.env, PASSWORD);
    await lab(`login --labd ${site.labd.url} --user dave --password-stdin`, PASSWORD);
    const read = await lab('get tokens');
    expect([read.code, read.err]).toEqual([
      4,
      'Error: You may not read any tokens.\nAsk an administrator for a role with the permission admin:*:*:tokens/*.\n',
    ]);
    const made = await lab('create network lab --cidr 10.0.0.0/24');
    expect(made.code).toBe(4);
    expect(made.err).toContain('apply:default:default:networks/lab');
  });

  test('revoke shuts a bastion out', async () => {
    expect((await site.lab('auth', 'revoke', 'bastion/north')).out).toBe('bastion/north is revoked\n');
    const online = async () => (await site.lab('get', 'bastion', 'north', '--no-headers')).out;
    await expect.poll(online, { timeout: 20_000 }).toMatch(/^north +no /);
    expect((await site.lab('auth', 'revoke', 'server/x')).code).toBe(2);
  });
});

/** The SHA-256 of the key of the authority that a labd shows. */
function authorityOf(url: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false }, () => {
      let one: DetailedPeerCertificate = socket.getPeerCertificate(true);
      while (one.issuerCertificate && one.issuerCertificate.fingerprint256 !== one.fingerprint256)
        one = one.issuerCertificate;
      const key = new X509Certificate(one.raw).publicKey.export({ type: 'spki', format: 'der' });
      resolve(createHash('sha256').update(key).digest('hex'));
      socket.end();
    });
    socket.once('error', reject);
  });
}
