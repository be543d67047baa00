// Passwords as people type them, and what becomes of their sessions and tokens, against a real labd.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { environment, expectGolden, program, runLab, shareSite, type Ended } from '../support.ts';
import { atTerminal } from '../terminal.ts';

const PASSWORD = 'correct horse battery';
const OTHER = 'staple the horse twice';
const folder = mkdtempSync(join(tmpdir(), 'lab-people-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

const site = shareSite(() => Promise.resolve());

const configOf = (name: string) => ({ LAB_CONFIG: join(folder, `${name}.yaml`) });
const signIn = (name: string, password: string, config = name): Promise<Ended> =>
  runLab(['login', '--labd', site.labd.url, '--user', name, '--password-stdin'], configOf(config), password);

describe('a password on a terminal', () => {
  test('of a new user is typed twice, is shown nowhere, and signs in', async () => {
    const made = await atTerminal('create user ann --role viewer --password-prompt', site.env, [
      ['Password: ', `${PASSWORD}\r`],
      ['Password again: ', `${PASSWORD}\r`],
    ]);
    expect(made).toEqual({ code: 0, shown: 'Password: \nPassword again: \nuser/ann created\n' });
    expect((await signIn('ann', PASSWORD)).code).toBe(0);
  });

  test('that is mistyped makes nobody', async () => {
    const { code, shown } = await atTerminal('create user bob --password-prompt', site.env, [
      ['Password: ', `${PASSWORD}\r`],
      ['Password again: ', `${OTHER}\r`],
    ]);
    expect(code).toBe(1);
    expect(shown).toContain('The two are not the same');
    expect((await site.lab('get', 'user', 'bob')).code).toBe(3);
  });

  test('is given up with Ctrl-C', async () => {
    const { code } = await atTerminal('create user bob --password-prompt', site.env, [['Password: ', '\u0003']]);
    expect(code).toBe(130);
    expect((await site.lab('get', 'user', 'bob')).code).toBe(3);
  });

  test.each([
    ['--password-prompt --password-stdin', 2, '--password-prompt'],
    ['--password-prompt', 2, 'Nobody is there to be asked for: Password.'],
    ['--password x', 2, 'There is no flag --password.'],
  ])('is not for lab create user bob %s, which exits with %i', async (flags, code, message) => {
    const ended = await site.lab('create', 'user', 'bob', ...flags.split(' '));
    expect([ended.code, ended.out]).toEqual([code, '']);
    expect(ended.err).toContain(message);
  });

  test('is changed by who knows the present one', async () => {
    await runLab('create user carol --role viewer --password-stdin'.split(' '), site.env, PASSWORD);
    await signIn('carol', PASSWORD);
    const change = (present: string) =>
      atTerminal('auth passwd', configOf('carol'), [
        ['Present password (empty if there is none): ', `${present}\r`],
        ['New password: ', `${OTHER}\r`],
        ['New password again: ', `${OTHER}\r`],
      ]);
    const wrong = await change('nothing like it');
    expect(wrong.code).toBe(1);
    const right = await change(PASSWORD);
    expect(right.code, right.shown).toBe(0);
    expect(right.shown).toContain('Your password is changed\n');
    expect(`${wrong.shown}${right.shown}`).not.toMatch(/horse/);
    expect((await signIn('carol', PASSWORD, 'old')).code).toBe(1);
    expect((await signIn('carol', OTHER, 'new')).code).toBe(0);
  });

  test('and the name are asked for when neither is given', async () => {
    await runLab('create user dora --role viewer --password-stdin'.split(' '), site.env, PASSWORD);
    const { code, shown } = await atTerminal(`login --labd ${site.labd.url}`, configOf('dora'), [
      ['Name: ', 'dora\r'],
      ['Password: ', `${PASSWORD}\r`],
    ]);
    expect(code, shown).toBe(0);
    expect(shown).toContain('Signed in as dora (viewer)');
  });
});

describe('whoami', () => {
  test.each([
    ['text', 'whoami.txt'],
    ['json', 'whoami.json'],
    ['yaml', 'whoami.yaml'],
  ])('as %s prints what it always has', async (output, golden) => {
    await runLab(['create', 'user', `eve-${output}`, '--role', 'viewer', '--password-stdin'], site.env, PASSWORD);
    await signIn(`eve-${output}`, PASSWORD);
    const { code, out } = await runLab(['auth', 'whoami', '-o', output], configOf(`eve-${output}`));
    expect(code).toBe(0);
    await expectGolden(out.replaceAll(`eve-${output}`, 'eve').replace(/\(in \d+\w\)/, '(in 9d)'), golden);
  });
});

describe('a session', () => {
  test('is listed, and ended by its id', async () => {
    await runLab('create user fay --role viewer --password-stdin'.split(' '), site.env, PASSWORD);
    await signIn('fay', PASSWORD);
    const listed = await site.lab('get', 'sessions', '--no-headers');
    const id = /^(Session:\S+) +fay +session +127\.0\.0\.1 /m.exec(listed.out)![1]!;
    expect((await site.lab('describe', 'session', id)).out).toContain('session of fay\n');
    expect((await site.lab('get', 'session', id, '-o', 'name')).out).toBe(`session/${id}\n`);
    expect(await site.lab('delete', 'session', id, '--yes')).toMatchObject({ code: 0, out: `session/${id} deleted\n` });
    const later = await runLab(['get', 'servers'], configOf('fay'));
    expect(later.code).toBe(4);
    expect(later.err).toContain('does not take your token');
    const out = await runLab(['logout'], configOf('fay'));
    expect(out).toEqual({ code: 0, out: 'context/127.0.0.1 is signed out\n', err: '' });
    expect(readFileSync(configOf('fay').LAB_CONFIG, 'utf8')).not.toContain('lab_ses_');
  });
});

describe('a token', () => {
  test('that is deleted ends the watches of who has it', async () => {
    const { out: secret } = await site.lab('create', 'token', 'watcher', '--ttl', '1h');
    const env = environment({ LAB_URL: site.labd.url, LAB_TOKEN: secret.trim() });
    const child = spawn(process.execPath, [program, 'get', 'bastions', '-w'], { env, stdio: 'pipe' });
    onTestFinished(() => void child.kill('SIGKILL'));
    let err = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    // Its first line: it follows.
    await once(child.stdout, 'data');
    const ended = once(child, 'close');
    await site.lab('delete', 'token', 'watcher', '--yes');
    expect(await ended).toEqual([4, null]);
    expect(err).toContain('The token is from LAB_TOKEN');
  });

  test('is shown with what ends with it before it is deleted', async () => {
    const { out: secret } = await site.lab('create', 'token', 'lent', '--ttl', '1h');
    const env = { LAB_URL: site.labd.url, LAB_TOKEN: secret.trim() };
    await runLab(['create', 'token', 'passed-on'], env);
    await runLab(['create', 'token', 'joins', '--bastion', 'far'], env);
    await runLab(['login', '--browser'], env);
    const lost =
      'These tokens end with it: token/passed-on, token/joins\nThese end with it: link of admin from 127.0.0.1\n';
    const dry = await site.lab('delete', 'token', 'lent', '--dry-run');
    expect(dry).toEqual({ code: 0, out: 'token/lent deleted (dry run)\n', err: lost });
    const described = await site.lab('describe', 'token', 'lent');
    expect(described.out).toContain('Ends with it (3)');
    const asked = await atTerminal('delete token lent', site.env, [['Type lent to delete token/lent: ', 'no\r']]);
    expect(asked.shown).toContain(`${lost}Type lent`);
    expect((await site.lab('get', 'tokens', '-o', 'name')).out).toContain('token/passed-on');
    const gone = await site.lab('delete', 'token', 'lent', '--yes');
    expect(gone).toEqual({ code: 0, out: 'token/lent deleted\n', err: '' });
    const left = (await site.lab('get', 'tokens', '-o', 'name')).out.split('\n');
    expect(left).not.toContain('token/lent');
    expect(left).not.toContain('token/passed-on');
    expect(left).not.toContain('token/joins');
  });

  test.each([
    ['--ttl 5h', /^token\/\S+ created; it ends in 5h\..*\nUse it as LAB_TOKEN, or: .* login --token-stdin\n$/],
    ['--bastion east', /\nGive it to the bastion as BASTION_TOKEN: lab-bastion --name east --labd https:\S+\n$/],
    ['--agent web-1', /\nGive it to the agent web-1, which joins with it at https:\S+\n$/],
  ])('made with %s says what to do with it', async (flags, words) => {
    const { code, out, err } = await site.lab('create', 'token', ...flags.split(' '));
    expect(code, err).toBe(0);
    expect(out).toMatch(/^lab_(pat|join)_\w{38}(\.[0-9a-f]{64})?\n$/);
    expect(err).toMatch(words);
  });

  test('may belong to a place, and what joins with it too', async () => {
    await site.lab('create', 'token', 'placed', '--bastion', 'west', '--cloud', 'edge', '--environment', 'prod');
    const { out } = await site.lab('get', 'token', 'placed', '-o', 'yaml');
    expect(out).toContain('  cloud: edge\n  environment: prod\n');
  });
});
