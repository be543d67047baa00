// What completion offers for each word: commands, flags and their values, and what labd knows.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { makeFleet } from '../fleet.ts';
import { environment, program, runLab, runProgram, shareSite } from '../support.ts';

const site = shareSite(makeFleet);

describe('completion', () => {
  const complete = async (...words: string[]) =>
    (await site.lab('__complete', '--', ...words)).out.split('\n').filter((line) => line !== '');
  const wordsOf = (lines: string[]) => lines.map((line) => line.split('\t')[0]);

  test.each<[string[], string[]]>([
    [['desc'], ['describe']],
    [['create', 'ne'], ['network']],
    [['config', 'use'], ['use-context']],
    [['get', 'cl'], ['clusters']],
    [['get', 'servers', 'lab'], ['labmaster']],
    [['get', 'srv', 'worker'], ['worker1']],
    [['get', 'server', 'labmaster', 'wor'], ['worker1']],
    [['get', 'server', 'labmaster', 'lab'], []],
    [['get', 'servers,net'], ['servers,networks']],
    [['describe', 'vm/w'], ['vm/web']],
    [['get', 'servers', '-o', 'wide', 'lab'], ['labmaster']],
    [['get', 'servers', '--field'], ['--field-selector']],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [['create', 'vm', '--server', 'lab'], ['labmaster']],
    [['api', '--file', ''], [':files']],
    [['apply', '-f', ''], [':files']],
    [['delete', '--filename='], [':files']],
    [['provision', 'work'], ['worker1']],
    [['provision', 'worker1', '--os', 'fedora-43'], ['fedora-43']],
    [['reprovision', 'worker1', '--os=fedora-43'], ['--os=fedora-43']],
    [['power', 'worker1', 'cy'], ['cycle']],
    [['label', 'network', 'la'], ['lab']],
    [['edit', 'vm/w'], ['vm/web']],
    [['wait', 'vm/web', '--for', 'status=inst'], ['status=installed']],
    [['why', 'server', 'lab'], ['labmaster']],
    [['logs', 'lab'], ['labmaster']],
    [['move', 'labmaster', '--bastion', 'no'], ['north']],
    [['auth', 'can-i', 'prov'], ['provision']],
    [['auth', 'can-i', 'delete', 'server', 'lab'], ['labmaster']],
    [['auth', 'bind', 'adm'], ['admin']],
    [['auth', 'bind', 'admin', 'vie'], ['viewer']],
    [['get', 'servers', '--status', 'provisioning,inst'], ['provisioning,installed']],
    [
      ['get', 'servers', '--role', ''],
      ['control-plane', 'worker'],
    ],
    [
      ['get', 'servers', '-o', 'json'],
      ['json', 'jsonpath='],
    ],
    [['get', 'servers', '--sort-by', 'st'], ['status']],
    [['get', 'servers', '--sort-by', '.status.mem'], ['.status.memoryGb']],
    [['get', 'servers', '--field-selector', 'metadata.name=a,status.st'], ['metadata.name=a,status.status=']],
    [
      ['get', 'audit', '--outcome', ''],
      ['done', 'refused'],
    ],
    [['get', 'events', '--kind', 'clu'], ['clusters']],
    [
      ['create', 'server', '--role', ''],
      ['control-plane', 'worker'],
    ],
    [['create', 'vm', '--state', 'ru'], ['running']],
    [
      ['create', 'network', '--dhcp-mode', ''],
      ['full', 'proxy'],
    ],
    [['create', 'network', '--cidr', ''], []],
    [['create', 'profile', '--from', 'debian-13'], ['debian-13']],
    [['explain', 'net'], ['networks']],
    [['explain', 'server.nic'], ['server.nics']],
    [['explain', 'server.nics.netw'], ['server.nics.network']],
    [['explain', 'cluster.spec.heal'], ['cluster.spec.health']],
    [['explain', 'server.frobs.x'], []],
    [['--sh'], ['--show-query']],
    [['--show-query', 'get', 'servers', 'lab'], ['labmaster']],
    [['frob', ''], []],
    [['get', 'frobs', ''], []],
  ])('of %j offers %j', async (words, expected) => {
    expect(wordsOf(await complete(...words))).toEqual(expected);
  });

  test('tells what commands and flags are for', async () => {
    expect(await complete('descr')).toEqual(['describe\tShow an object with everything it is related to.']);
    expect(await complete('get', '--wat')).toEqual(['--watch\tgo on and print changes as they happen']);
  });

  test('offers no name that a shell or a terminal would take for more', async () => {
    const all = await complete('get', 'servers', '');
    expect(all).toEqual(['labmaster', 'm-02000000000b', 'm-02000000000d', 'worker1']);
  });

  test('knows the contexts, and is silent when labd is away', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lab-completion-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const file = join(folder, 'config.yaml');
    await writeFile(file, 'contexts:\n  - name: far\n    url: http://127.0.0.1:9/graphql\n', { mode: 0o600 });
    const env = { LAB_CONFIG: file };
    expect((await runLab(['__complete', '--', 'get', '--context', ''], env)).out).toBe(
      'far\thttp://127.0.0.1:9/graphql\n',
    );
    const away = await runLab(['__complete', '--', 'get', 'servers', '--context', 'far', ''], env);
    expect(away).toEqual({ out: '', err: '', code: 0 });
  });

  test('works in bash, files included', async () => {
    const script = (await site.lab('completion', 'bash')).out;
    const run = async (...words: string[]) => {
      const line = `${script}\nCOMP_WORDS=(${[program, ...words].map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}; _lab; printf '%s\\n' "\${COMPREPLY[@]}"`;
      return (await runProgram('bash', ['-c', line], { env: environment(site.env) })).out;
    };
    expect(await run('get', 'servers', 'lab')).toBe('labmaster\n');
    expect(await run('get', 'ser')).toBe('servers\n');
    expect(await run('api', '--file', '')).toBe('\n');
    expect((await runProgram('bash', ['-n'], { input: script })).code).toBe(0);
  });
});
