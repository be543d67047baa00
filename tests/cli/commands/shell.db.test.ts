// What makes lab at home in a shell: plugins, explanations, the doctor, and the documents behind commands.
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { makeFleet } from '../fleet.ts';
import { environment, expectGolden, program, runLab, shareSite, startLab } from '../support.ts';

const site = shareSite(makeFleet);

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'lab-shell-'));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

describe('explain', () => {
  test.each([
    ['explain network', 'explain-network.txt'],
    ['explain server.nics.network', 'explain-path.txt'],
    ['explain cluster.spec.health', 'explain-enum.txt'],
    ['explain vm --recursive', 'explain-recursive.txt'],
  ])('lab %s prints what the schema says', async (line, golden) => {
    const { out, err, code } = await site.lab(...line.split(' '));
    expect({ err, code }).toEqual({ err: '', code: 0 });
    expect(Math.max(...out.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(80);
    await expectGolden(out, golden);
  });

  test('has an explanation of every field of every kind', async () => {
    const kinds = (await site.lab('api-resources', '-o', 'name', '--verb', 'describe')).out.trim().split('\n');
    expect(kinds).toContain('clusters');
    for (const kind of kinds) {
      const { out, code } = await site.lab('explain', kind);
      expect(code).toBe(0);
      const lines = out.slice(out.indexOf('FIELDS:\n') + 8).split('\n');
      const fields = lines.filter((line) => /^ {2}\w/.test(line));
      expect(fields.length, kind).toBeGreaterThan(5);
      for (const field of fields) expect(lines[lines.indexOf(field) + 1], `${kind} ${field}`).toMatch(/^ {4}\S/);
    }
  });

  test('of a field that is not there says which was meant', async () => {
    const { err, code } = await site.lab('explain', 'server.nisc');
    expect(err).toBe(
      `Error: server (Server) has no field "nisc". Did you mean "nics"?\nSee: ${program} explain server\n`,
    );
    expect(code).toBe(3);
  });
});

describe('a plugin', () => {
  async function withPlugin(name: string, text: string) {
    const dir = await folder();
    await writeFile(join(dir, name), text);
    await chmod(join(dir, name), 0o755);
    return { dir, env: { PATH: `${dir}:${environment()['PATH']}` } };
  }
  const echo = '#!/bin/sh\necho "$0: $*" | sed "s|.*/||"\nexit 7\n';

  test('is a program on PATH, with the words after its name and its own exit code', async () => {
    const { env } = await withPlugin('lab-hello', echo);
    expect(await startLab(['hello', 'a', '--flag', '-h'], env)).toEqual({
      out: 'lab-hello: a --flag -h\n',
      err: '',
      code: 7,
    });
  });

  test('of two words goes before one of the first alone, and a dash in a word is an underscore', async () => {
    const { dir, env } = await withPlugin('lab-hello', echo);
    await symlink(join(dir, 'lab-hello'), join(dir, 'lab-hello-big_world'));
    expect((await startLab(['hello', 'big-world', 'x'], env)).out).toBe('lab-hello-big_world: x\n');
    expect((await startLab(['hello', 'world'], env)).out).toBe('lab-hello: world\n');
  });

  test('never takes the place of a command, and the list says so', async () => {
    const { dir, env } = await withPlugin('lab-get', echo);
    await writeFile(join(dir, 'lab-hello'), echo, { mode: 0o755 });
    await writeFile(join(dir, 'lab-plain'), 'not executable');
    await mkdir(join(dir, 'lab-folder'));
    expect((await runLab(['get', 'sevrers'], env)).code).toBe(2);
    const { out } = await runLab(['plugin', 'list'], env);
    expect(out.replaceAll(dir, 'DIR').replaceAll(/ +/g, ' ')).toBe(
      'NAME FILE USED\nget DIR/lab-get no: lab has this command itself\nhello DIR/lab-hello yes\n',
    );
    expect(await runLab(['plugin', 'list'])).toMatchObject({ out: '', code: 0 });
  });

  test('that a signal ends has its exit code', async () => {
    const { env } = await withPlugin('lab-end', '#!/bin/sh\nkill -9 $$\n');
    expect((await startLab(['end'], env)).code).toBe(137);
  });
});

describe('the doctor', () => {
  const contexts = async (url: string, token = '', mode = 0o600) => {
    const file = join(await folder(), 'config.yaml');
    const text = `contexts:\n  - name: here\n    url: ${url}\n${token && `    token: ${token}\n`}currentContext: here\n`;
    await writeFile(file, text, { mode });
    await chmod(file, mode);
    return { LAB_CONFIG: file };
  };
  const examined = async (env: Record<string, string>) => {
    const { out, code } = await runLab(['doctor', '-o', 'json'], env);
    const findings = JSON.parse(out) as { how: string; what: string; remedy?: string }[];
    return { code, bad: findings.filter(({ how }) => how !== 'ok') };
  };

  test('finds nothing where nothing is but a machine with texts that cannot be printed', async () => {
    const { code, bad } = await examined(await contexts(site.labd.url, site.labd.token));
    const odd = (field: string) => ({
      how: 'warning',
      what: expect.stringContaining(
        `has the condition odd-hardware: ${field} has characters that cannot be printed`,
      ) as string,
      remedy: `See: ${program} describe server m-02000000000d`,
    });
    expect({ code, bad }).toEqual({
      code: 0,
      bad: [
        { how: 'warning', what: 'lab is not on PATH', remedy: `Its whole path works too: ${program}` },
        {
          how: 'warning',
          what: "The key of labd's authority lies in its database unencrypted, and labd stores no other secrets",
          remedy:
            'Start each labd with one and the same LABD_KEY, or LABD_KEY_FILE; make it with: openssl rand -base64 32',
        },
        odd('cpu_model'),
        odd('nics[0].name'),
      ],
    });
    const { out } = await runLab(['doctor'], await contexts(site.labd.url, site.labd.token));
    expect(out).toContain('ok       1 bastion is online\n');
    expect(out).toContain('ok       Signed in as user admin\n');
  });

  test.each<[string, () => Promise<Record<string, string>>, string, string]>([
    ['no sign-in', () => contexts(site.labd.url), 'You are not signed in at', 'login'],
    ['a token that is none', () => contexts(site.labd.url, 'lab_pat_nonsense'), 'does not take your token', 'login'],
    ['no labd', () => contexts('http://127.0.0.1:9/graphql'), 'the connection was refused', 'npm start'],
    [
      'a configuration that others may read',
      () => contexts(site.labd.url, site.labd.token, 0o644),
      'Others on this machine may read',
      'chmod 600',
    ],
  ])('finds %s, and says what to do', async (_what, env, what, remedy) => {
    const { code, bad } = await examined(await env());
    const [finding] = bad.filter(({ how }) => how === 'failure');
    expect(finding!.what).toContain(what);
    expect(finding!.remedy).toContain(remedy);
    expect(code).toBe(1);
  });

  test('finds a bastion that never came, and a user who may do nothing', async () => {
    const { createToken } = await site.ask<{ createToken: { secret: string } }>(`mutation {
      createBastion(input: { name: "south" }) { __typename }
      createUser(input: { name: "nobody" }) { __typename }
      createToken(input: { name: "nobody", purpose: API, user: { name: "nobody" } }) { ... on CreatedToken { secret } }
    }`);
    const { bad } = await examined(await contexts(site.labd.url, site.labd.token));
    expect(bad.map(({ what }) => what)).toContain('Bastion "south" is offline, and never came');
    const poor = await examined(await contexts(site.labd.url, createToken.secret));
    expect(poor.bad.map(({ what }) => what)).toContain('nobody may do nothing');
    expect(poor.code).toBe(1);
  });
});

test('--show-query tells the document and its variables, and the answer is as ever', async () => {
  const { out, err, code } = await site.lab('get', 'server', 'labmaster', '-o', 'name', '--show-query');
  expect({ out, code }).toEqual({ out: 'server/labmaster\n', code: 0 });
  expect(err).toMatch(/^query Server\(\$by: ServerBy!/);
  expect(err).toContain('  one: server(by: $by, at: $at) {\n    ...ServerRow\n  }');
  expect(JSON.parse(err.slice(err.lastIndexOf('\n{\n')))).toEqual({
    by: { name: 'labmaster' },
    wide: false,
    full: false,
  });
});
