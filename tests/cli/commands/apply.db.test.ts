// lab apply, diff and edit against a real labd.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeFleet } from '../fleet.ts';
import { runLab, shareSite } from '../support.ts';
import { atTerminal } from '../terminal.ts';

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'lab-apply-'))));
afterAll(() => rm(folder, { recursive: true }));

const site = shareSite(async (made) => {
  await makeFleet(made);
  await made.ask(`mutation { createUser(input: { name: "ann", email: "ann@lab.example",
    roles: [{ name: "viewer" }, { name: "operator" }] }) { __typename } }`);
  await made.ask(
    `mutation { createStoredQuery(input: { name: "all", document: "{ servers { totalCount } }" }) { __typename } }`,
  );
  await made.ask(`mutation { createRole(input: { name: "web", permissions: ["read:*:*:*"] }) { __typename } }`);
});

/** Writes a file into the folder and returns its path. */
async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}
const piped = (text: string, ...words: string[]) => runLab(words, site.env, text);
const revision = async () => (await site.ask<{ head: { revision: string } }>('{ servers { revision } }')) as unknown;

const network = (name: string, ...spec: string[]) =>
  [
    'apiVersion: lab/v1',
    'kind: Network',
    `metadata:`,
    `  name: ${name}`,
    'spec:',
    ...spec.map((one) => `  ${one}`),
  ].join('\n');

describe('apply', () => {
  test.each(['servers', 'clusters', 'networks', 'bastions', 'vms', 'users', 'roles', 'queries'])(
    'what get prints of %s is unchanged, as YAML and as JSON',
    async (kind) => {
      const before = await revision();
      for (const format of ['yaml', 'json']) {
        const { out } = await site.lab('get', kind, '-o', format);
        const applied = await piped(out, 'apply', '-f', '-');
        expect(applied).toMatchObject({ code: 0, err: '' });
        const lines = applied.out.trim().split('\n');
        expect(lines.length).toBeGreaterThan(0);
        expect(lines.filter((line) => !line.endsWith(' unchanged'))).toEqual([]);
      }
      expect(await revision()).toEqual(before);
    },
  );

  test('tokens and sessions are refused, with the reason', async () => {
    const made = await site.lab('create', 'token', 'join', '--bastion', 'south');
    expect(made.code).toBe(0);
    const refused = await piped((await site.lab('get', 'token', 'join', '-o', 'yaml')).out, 'apply', '-f', '-');
    expect(refused.code).toBe(1);
    expect(refused.err).toContain('standard input:2: kind: A Token is not made from a manifest.');
    const session = await piped(
      '{"apiVersion": "lab/v1", "kind": "Session", "metadata": {"name": "x"}}',
      'apply',
      '-f',
      '-',
    );
    expect(session.err).toContain('standard input:1: kind: A Session is not made from a manifest.');
  });

  test('says created, configured, unchanged and pruned, of files, folders and lists', async () => {
    mkdirSync(join(folder, 'site/deep'), { recursive: true });
    await file('site/a.yaml', `${network('one', 'cidr: 10.1.0.0/24')}\n---\n${network('two', 'cidr: 10.2.0.0/24')}\n`);
    const list = { kind: 'List', items: [{ apiVersion: 'lab/v1', kind: 'Bastion', metadata: { name: 'far' } }] };
    await file('site/deep/b.json', JSON.stringify(list));
    await file('site/notes.txt', 'not a manifest');
    const words = ['apply', '-f', join(folder, 'site'), '--set', 'site'];
    expect((await site.lab(...words, '-R', '--dry-run')).out).toBe(
      'network/one created (dry run)\nnetwork/two created (dry run)\nbastion/far created (dry run)\n',
    );
    expect(await site.lab(...words, '-R')).toEqual({
      code: 0,
      out: 'network/one created\nnetwork/two created\nbastion/far created\n',
      err: '',
    });
    await file('site/a.yaml', `${network('one', 'cidr: 10.1.0.0/24', 'vlan: 4')}\n`);
    expect((await site.lab(...words, '--prune')).out).toBe(
      'network/one configured\nbastion/far pruned\nnetwork/two pruned\n',
    );
    expect((await site.lab(...words, '-o', 'name')).out).toBe('network/one\n');
    expect(JSON.parse((await site.lab(...words, '-o', 'json')).out)).toMatchObject([
      { name: 'one', outcome: 'UNCHANGED' },
    ]);
  });

  test('tells all mistakes of all files at once, each with its line, and guesses what was meant', async () => {
    const first = await file(
      'wrong.yaml',
      `${network('bad', 'cidr: 10.0.0.1/24', 'vlan: 9999', 'gatway: 10.0.0.1')}\n---\n# a comment\n${network('ok', 'cidr: 10.5.0.0/24').replace('Network', 'Netwrk')}\n`,
    );
    const second = await file('broken.yaml', 'kind: Network\nmetadata: {name: x\nspec: }\n');
    const third = await file(
      'cluster.json',
      '{\n  "apiVersion": "lab/v1",\n  "kind": "Cluster",\n  "metadata": { "name": "k" },\n  "spec": { "members": [\n    { "server": "labmaster", "role": "worker" },\n    { "server": "nobody", "role": "worker" }\n  ] }\n}',
    );
    const { code, out, err } = await site.lab('apply', '-f', first, '-f', second, '-f', third);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    const lines = err
      .trim()
      .split('\n')
      .map((line) => line.replaceAll(`${folder}/`, ''));
    expect(lines[0]).toMatch(/^Error: \d mistakes; nothing was changed\.$/);
    expect(lines.slice(1).filter((line) => !line.startsWith('broken.yaml'))).toEqual([
      'wrong.yaml:6: spec.cidr: 10.0.0.1/24 has host bits set. Write 10.0.0.0/24.',
      'wrong.yaml:7: spec.vlan: 9999 is out of range. Give a number from 1 to 4094.',
      'wrong.yaml:8: spec.gatway: There is no field "gatway" here. Did you mean "gateway"?',
      'wrong.yaml:12: kind: There is no kind "Netwrk" for manifests. Did you mean "Network"?',
      'cluster.json:7: spec.members[1].server: There is no such server. Refer to one server by name or id.',
    ]);
    expect(lines.filter((line) => /^broken\.yaml:[23]: /.test(line)).length).toBeGreaterThan(0);
  });

  test('a folder without manifests, and a file that is not there, are usage errors', async () => {
    expect(await site.lab('apply', '-f', join(folder, 'absent.yaml'))).toMatchObject({ code: 2, out: '' });
    mkdirSync(join(folder, 'empty'));
    expect((await site.lab('apply', '-f', join(folder, 'empty'))).code).toBe(2);
  });

  test("a bastion may report what it observes between two applies: neither touches what is the other's", async () => {
    const mac = '02:00:00:00:00:77';
    const own = `apiVersion: lab/v1\nkind: Server\nmetadata:\n  name: shared\n  labels: {rack: b1}\nspec:\n  mac: ${mac}\n`;
    expect((await piped(own, 'apply', '-f', '-')).out).toBe('server/shared created\n');
    await site.report('discover', { mac, arch: 'aarch64', cpu_model: 'Altra', cpu_cores: 80 });
    await expect
      .poll(async () => JSON.parse((await site.lab('get', 'server', 'shared', '-o', 'json')).out).status.arch, {
        timeout: 20_000,
      })
      .toBe('aarch64');
    expect((await piped(own, 'apply', '-f', '-')).out).toBe('server/shared unchanged\n');
    expect((await piped(own.replace('b1', 'b2'), 'apply', '-f', '-')).out).toBe('server/shared configured\n');
    const { status, metadata } = JSON.parse((await site.lab('get', 'server', 'shared', '-o', 'json')).out);
    expect({ cpu: status.cpuModel, rack: metadata.labels.rack }).toEqual({ cpu: 'Altra', rack: 'b2' });
  });
});

describe('diff', () => {
  test('exits 0 when nothing is different, 1 with the difference, more than 1 for an error', async () => {
    const same = await file('same.yaml', (await site.lab('get', 'network', 'storage', '-o', 'yaml')).out);
    expect(await site.lab('diff', '-f', same)).toEqual({ code: 0, out: '', err: '' });
    const other = await file(
      'other.yaml',
      `${network('storage', 'cidr: 10.0.0.0/24', 'vlan: 20', 'domain: s.example')}\n---\n${network('new', 'cidr: 10.77.0.0/24')}\n`,
    );
    const different = await site.lab('diff', '-f', other);
    expect(different).toEqual({
      code: 1,
      err: '',
      out: [
        '--- network/storage (live)',
        '+++ network/storage (applied)',
        '@@ spec @@',
        '-  domain: null',
        '+  domain: s.example',
        '--- /dev/null',
        '+++ network/new (applied)',
        '@@ spec @@',
        '+  cidr: 10.77.0.0/24',
        '',
      ].join('\n'),
    });
    expect((await site.lab('get', 'network', 'new')).code).toBe(3);
    const wrong = await piped(network('storage', 'cidr: nonsense'), 'diff', '-f', '-');
    expect(wrong.code).toBeGreaterThan(1);
    expect(
      (await runLab(['diff', '-f', same], { LAB_URL: 'http://127.0.0.1:1', LAB_TOKEN: 'x' })).code,
    ).toBeGreaterThan(1);
  });
});

describe('edit', () => {
  /** An editor that runs the next of some scripts each time it is opened, with the file as $1. */
  async function editor(...scripts: string[]): Promise<Record<string, string>> {
    const count = join(folder, `count-${Math.random()}`);
    const cases = scripts.map((script, i) => `${i + 1}) ${script} ;;`).join('\n');
    const path = await file(
      `editor-${Math.random()}.sh`,
      `echo x >> ${count}\ncp "$1" ${folder}/opened-$(wc -l < ${count} | tr -d ' ')\ncase $(wc -l < ${count} | tr -d ' ') in\n${cases}\nesac\n`,
    );
    return { ...site.env, EDITOR: `sh ${path}` };
  }
  const set = (from: string, to: string) => `sed -i 's|${from}|${to}|' "$1"`;

  test('applies what is saved, and a field that is taken out goes back', async () => {
    await site.lab('create', 'network', 'edited', '--cidr', '10.20.0.0/24', '--vlan', '7');
    const env = await editor(`${set('domain: null', 'domain: e.example')}; sed -i '/vlan:/d' "$1"`);
    expect(await runLab(['edit', 'network', 'edited'], env)).toEqual({
      code: 0,
      out: 'network/edited edited\n',
      err: '',
    });
    const { spec } = JSON.parse((await site.lab('get', 'network', 'edited', '-o', 'json')).out);
    expect(spec).toMatchObject({ domain: 'e.example', vlan: null, cidr: '10.20.0.0/24' });
  });

  test('is cancelled by a text that is the same, or empty', async () => {
    const cancelled = { code: 0, out: '', err: 'Edit cancelled: nothing was changed.\n' };
    expect(await runLab(['edit', 'network/edited'], await editor('true'))).toEqual(cancelled);
    expect(await runLab(['edit', 'network/edited'], await editor(': > "$1"'))).toEqual(cancelled);
  });

  test('opens again with the reasons what cannot be applied', async () => {
    const env = await editor(set('10.20.0.0/24', '10.20.0.1/24'), set('^  cidr: .*', '  cidr: 10.21.0.0/24'));
    expect(await runLab(['edit', 'network', 'edited'], env)).toMatchObject({ code: 0, out: 'network/edited edited\n' });
    const again = await readFile(join(folder, 'opened-2'), 'utf8');
    expect(again).toMatch(/^# {3}line \d+: spec\.cidr: 10\.20\.0\.1\/24 has host bits set\./m);
    const line = Number(/line (\d+): spec\.cidr/.exec(again)![1]);
    expect(again.match(/^#/gm)!.length).toBeGreaterThan(
      (await readFile(join(folder, 'opened-1'), 'utf8')).match(/^#/gm)!.length,
    );
    expect(line).toBeGreaterThan(2);
  });

  test('gives up when the second text is as wrong as the first, and keeps it', async () => {
    const { code, err } = await runLab(
      ['edit', 'network', 'edited'],
      await editor(set('cidr: .*', 'cidr: nonsense'), 'true'),
    );
    expect(code).toBe(1);
    const kept = / is in (\S+):/.exec(err)![1]!;
    expect(await readFile(kept, 'utf8')).toContain('cidr: nonsense');
    await rm(join(kept, '..'), { recursive: true });
  });

  test('is a conflict when the same field was changed meanwhile, and keeps the text', async () => {
    const mutation = `${process.execPath} ${join(process.cwd(), 'dist/lab.js')} api 'mutation { updateNetwork(by: {name: \\"edited\\"}, input: {vlan: 99}) { __typename } }' >&2`;
    const env = await editor(`${mutation.replaceAll('\\"', '"')}; ${set('vlan: null', 'vlan: 5')}`);
    const { code, err } = await runLab(['edit', 'network', 'edited'], env);
    expect(code).toBe(1);
    expect(err).toContain('spec.vlan of network "edited" was changed since');
    const kept = / is in (\S+):/.exec(err)![1]!;
    expect(existsSync(kept)).toBe(true);
    await rm(join(kept, '..'), { recursive: true });
  });

  test('leaves what somebody else edited meanwhile in other fields', async () => {
    const other = await editor(set('domain: .*', 'domain: theirs.example'));
    const theirs = `EDITOR='${other['EDITOR']}' ${process.execPath} ${join(process.cwd(), 'dist/lab.js')} edit network edited >&2`;
    const own = await editor(`${theirs}; ${set('vlan: .*', 'vlan: 6')}`);
    expect(await runLab(['edit', 'network', 'edited'], own)).toMatchObject({ code: 0, out: 'network/edited edited\n' });
    const { spec } = JSON.parse((await site.lab('get', 'network', 'edited', '-o', 'json')).out);
    expect(spec).toMatchObject({ domain: 'theirs.example', vlan: 6 });
  });

  test('does not make anew what was deleted meanwhile, and keeps the text', async () => {
    await site.lab('create', 'cluster', 'brief');
    const gone = `${process.execPath} ${join(process.cwd(), 'dist/lab.js')} delete cluster brief --yes >&2`;
    const env = await editor(`${gone}; ${set('endpoint: .*', 'endpoint: https://x')}`);
    const { code, out, err } = await runLab(['edit', 'cluster', 'brief'], env);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain('There is no cluster "brief" any more.');
    expect((await site.lab('get', 'cluster', 'brief')).code).toBe(3);
    await rm(join(/ is in (\S+):/.exec(err)![1]!, '..'), { recursive: true });
  });

  test('works on a terminal', async () => {
    const env = await editor(set('domain: .*', 'domain: t.example'));
    const { code, shown } = await atTerminal('edit network edited', env, []);
    expect({ code, shown }).toEqual({ code: 0, shown: 'network/edited edited\n' });
  });
});
