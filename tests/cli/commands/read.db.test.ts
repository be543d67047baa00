// lab get, describe, api and api-resources against a real labd with a fleet that is known.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { makeFleet } from '../fleet.ts';
import { environment, expectGolden, program, runLab, runProgram, shareSite } from '../support.ts';

const site = shareSite(makeFleet);

/** Names in the order printed. */
const names = async (...words: string[]): Promise<string[]> => {
  const { out, code, err } = await site.lab('get', ...words, '-o', 'name');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return out.trim().split('\n');
};

describe('get', () => {
  test.each([
    ['get servers', 'get-servers.txt'],
    ['get servers -o wide', 'get-servers-wide.txt'],
    ['get servers -o name', 'get-servers-name.txt'],
    ['get server labmaster -o yaml', 'get-server.yaml'],
    ['get server labmaster -o json', 'get-server.json'],
    ['get networks', 'get-networks.txt'],
    ['get networks -o wide', 'get-networks-wide.txt'],
    ['get networks -o yaml', 'get-networks.yaml'],
    ['get bastions', 'get-bastions.txt'],
    ['get servers,networks', 'get-several.txt'],
    ['get servers --no-headers', 'get-servers-no-headers.txt'],
    ['describe server labmaster', 'describe-server.txt'],
    ['describe network lab', 'describe-network.txt'],
    ['describe bastion north', 'describe-bastion.txt'],
    ...['clusters', 'vms'].flatMap((kind) => [
      [`get ${kind}`, `get-${kind}.txt`],
      [`get ${kind} -o wide`, `get-${kind}-wide.txt`],
      [`get ${kind} -o yaml`, `get-${kind}.yaml`],
    ]),
    ['get cluster home -o json', 'get-cluster.json'],
    ['get vm web -o json', 'get-vm.json'],
    ['describe cluster home', 'describe-cluster.txt'],
    ['describe vm web', 'describe-vm.txt'],
    ['get servers --show-labels -L rack', 'get-servers-labels.txt'],
    [
      'get servers -o custom-columns=NAME:.metadata.name,CPU:.status.cpuCores,NICS:.status.nics[*].name',
      'get-servers-columns.txt',
    ],
    ['get servers,vms -o jsonpath={range\u00a0.items[*]}{.kind}/{.metadata.name}{"\\n"}{end}', 'get-jsonpath.txt'],
    ['api-resources', 'api-resources.txt'],
  ] as [string, string][])('lab %s prints what it always has', async (line, golden) => {
    const { out, err, code } = await site.lab(...line.split(' ').map((word) => word.replaceAll('\u00a0', ' ')));
    expect({ code, err }).toEqual({ code: 0, err: '' });
    await expectGolden(out, golden);
  });

  test('finds a server by its MAC in any spelling, its name, its id, and its kind with a slash', async () => {
    const [{ metadata }] = JSON.parse((await site.lab('get', 'srv', '-o', 'json', '--sort-by', 'name')).out).items;
    expect(metadata.name).toBe('labmaster');
    const spellings = ['38:05:25:33:e2:e4', '38-05-25-33-E2-E4', '3805.2533.e2e4', '38052533e2e4', '38:05:25:33:E2:E4'];
    const others = ['labmaster', 'LABMASTER', metadata.uid, metadata.uid.split(':')[1]];
    const found = await Promise.all([...spellings, ...others].map((called) => names('server', called)));
    expect(found.flat()).toEqual(Array(9).fill('server/labmaster'));
    expect(await names('server/labmaster', 'network/lab', 'SRV/worker1')).toEqual([
      'server/labmaster',
      'server/worker1',
      'network/lab',
    ]);
  });

  test.each([
    ['--status installed', ['labmaster']],
    ['--status Installed,FAILED', ['labmaster']],
    ['--role control-plane', ['labmaster']],
    ['--role WORKER', ['worker1']],
    ['-l rack', ['labmaster', 'worker1']],
    ['-l rack=a2', ['worker1']],
    ['-l rack!=a1,rack', ['worker1']],
    ['--cloud edge --environment prod', ['worker1']],
    ['--status discovered -l !rack', ['m-02000000000b', 'm-02000000000d']],
  ])('with %s shows those servers alone', async (flags, expected) => {
    const found = await names('servers', '--sort-by', 'name', ...flags.split(' '));
    expect(found).toEqual(expected.map((name) => `server/${name}`));
  });

  test.each([
    ['servers metadata.name=labmaster', ['server/labmaster']],
    ['servers metadata.name!=labmaster,status.status=discovered,spec.role=worker', ['server/worker1']],
    ['servers status.status!=discovered', ['server/labmaster']],
    ['servers status.bootMac==02:00:00:00:00:0b', ['server/m-02000000000b']],
    ['networks spec.vlan=20', ['network/storage']],
    ['networks spec.dhcpEnabled!=true', ['network/lab']],
    ['clusters spec.kind=nomad', ['cluster/bare']],
    ['vms spec.state=running,metadata.cloud=default', ['vm/web']],
  ])('%s by its fields finds those alone', async (line, expected) => {
    const [kind, selector] = line.split(' ');
    expect(await names(kind!, '--sort-by', 'name', '--field-selector', selector!)).toEqual(expected);
  });

  test('a field that nothing can be selected by is refused with those that can be', async () => {
    const { err, code } = await site.lab('get', 'vms', '--field-selector', 'spec.vcpus=2');
    expect({ err, code }).toEqual({
      err: 'Error: --field-selector: vms cannot be selected by "spec.vcpus".\nThey can by: metadata.name, metadata.cloud, metadata.environment, spec.state.\n',
      code: 2,
    });
  });

  test('what is not there may be ignored', async () => {
    const some = await site.lab('get', 'server', 'labmaster', 'nobody', '--ignore-not-found', '-o', 'name');
    expect(some).toMatchObject({ out: 'server/labmaster\n', err: '', code: 0 });
    expect(await site.lab('get', 'server/nobody', '--ignore-not-found')).toMatchObject({ out: '', err: '', code: 0 });
    expect(await site.lab('get', 'server/nobody')).toMatchObject({ out: '', code: 3 });
  });

  test.each([
    ['jsonpath', '-o jsonpath needs to be told what to print.\nWrite -o'],
    ['jsonpath={.items[', 'cannot be read: '],
    ['custom-columns=NAME', '"NAME" is no column.'],
    ['go-template=x', '-o "go-template=x" is no format.'],
    ['csv', 'Formats: table, wide, json, yaml, name, jsonpath=… or custom-columns=….'],
  ])('-o %s is refused before anything is asked', async (format, message) => {
    const { out, err, code } = await runLab(
      ['get', 'servers', '-o', format, '--labd', 'http://127.0.0.1:9/graphql'],
      environment(),
    );
    expect({ out, code }).toEqual({ out: '', code: 2 });
    expect(err).toContain(message);
  });

  test.each([
    ['name', ['labmaster', 'm-02000000000b', 'm-02000000000d', 'worker1']],
    ['.metadata.name', ['labmaster', 'm-02000000000b', 'm-02000000000d', 'worker1']],
    ['.status.bootMac', ['m-02000000000b', 'worker1', 'm-02000000000d', 'labmaster']],
    ['.status.cpuCores', ['labmaster', 'm-02000000000b', 'm-02000000000d', 'worker1']],
  ])('sorted by %s prints them in that order, what is absent last', async (field, expected) => {
    const found = await names('servers', '--sort-by', field);
    expect(found).toEqual(expected.map((name) => `server/${name}`));
  });

  test('prints manifests whose YAML says what the JSON says', async () => {
    const [yaml, json] = await Promise.all(['yaml', 'json'].map((format) => site.lab('get', 'servers', '-o', format)));
    expect(parse(yaml!.out)).toEqual(JSON.parse(json!.out));
    expect(JSON.parse(json!.out)).toMatchObject({ apiVersion: 'lab/v1', kind: 'List' });
  });

  test('says that there are none on standard error, and exits 0', async () => {
    const { code, out, err } = await site.lab('get', 'servers', '--status', 'retired');
    expect({ code, out, err }).toEqual({ code: 0, out: '', err: 'No servers found.\n' });
  });

  test('lets nothing that a machine says reach the terminal as a command to it', async () => {
    for (const words of [
      'get servers -o wide',
      'describe server m-02000000000d',
      'get servers -o yaml',
      'get servers -o json',
    ]) {
      const { out } = await site.lab(...words.split(' '));
      expect(out).toMatch(/c0/);

      expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
    }
  });
});

describe('on a terminal', () => {
  const onTerminal = (line: string, env: Record<string, string> = {}) =>
    runProgram('script', ['-qec', `stty cols 80; ${process.execPath} ${program} ${line}`, '/dev/null'], {
      env: environment({ ...site.env, ...env }),
    });

  test('a status has its colour; with NO_COLOR, or in a pipe, it has none', async () => {
    expect((await onTerminal('get servers')).out).toContain('\u001b[32minstalled\u001b[0m');
    expect((await onTerminal('get servers', { NO_COLOR: '1' })).out).not.toContain('\u001b');
    expect((await site.lab('get', 'servers')).out).not.toContain('\u001b');
  });

  test('a description is no wider than 80 columns', async () => {
    const { out } = await onTerminal('describe server m-02000000000d', { NO_COLOR: '1' });
    const widths = out.split(/\r?\n/).map((line) => line.length);
    expect(Math.max(...widths)).toBeLessThanOrEqual(80);
  });

  test('a delete shows what hangs on the object, and does nothing unless its name is typed', async () => {
    const asking = (words: string, typed: string) =>
      runProgram('script', ['-qec', `${process.execPath} ${program} ${words}`, '/dev/null'], {
        env: environment(site.env),
        input: typed,
      });
    const { out, code } = await asking('delete server labmaster', 'y\n');
    expect(out.replaceAll('\r', '')).toContain(
      'Its part ends in: cluster/home\nThese lose their host: vm/web\nIts history of installs goes: install/labmaster.1\nType labmaster to delete server/labmaster: ',
    );
    expect(out).toContain('That is not its name. Nothing was done.');
    expect(code).toBe(1);
    expect(await names('server', 'labmaster')).toEqual(['server/labmaster']);
    const network = await asking('delete network lab', 'no\n');
    expect(network.out.replaceAll('\r', '')).toContain(
      'These lose their network: server/labmaster eno1\nThese lose their network: vm/web eth0\n',
    );
    await site.ask('mutation { createCluster(input: { name: "doomed" }) { __typename } }');
    expect((await asking('delete cluster doomed', 'doomed\n')).out).toContain('cluster/doomed deleted');
  });

  test('a delete that is interrupted where it asks exits 130, and deletes nothing', async () => {
    const child = spawn('script', ['-qec', `${process.execPath} ${program} delete server worker1`, '/dev/null'], {
      env: environment(site.env),
      stdio: 'pipe',
    });
    let out = '';
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
      out += chunk.toString();
      if (out.endsWith('server/worker1: ')) child.stdin.write('\u0003');
    }
    const code = child.exitCode ?? ((await once(child, 'exit')) as [number])[0];
    expect(out).toContain('Error: Interrupted.');
    expect(code).toBe(130);
    expect(await names('server', 'worker1')).toEqual(['server/worker1']);
  });
});

describe('api', () => {
  test('takes a document with variables, as JSON where they are JSON', async () => {
    const document =
      'query ($name: String!, $first: Int) { server(by: { name: $name }) { name } servers(first: $first) { totalCount } }';
    const { out, code } = await site.lab('api', document, '--var', 'name=labmaster', '--var', 'first=1');
    expect(JSON.parse(out)).toEqual({ data: { server: { name: 'labmaster' }, servers: { totalCount: 4 } } });
    expect(code).toBe(0);
  });

  test('reads the document from standard input and variables from a file', async () => {
    const file = join(tmpdir(), `lab-vars-${process.pid}.json`);
    onTestFinished(() => rm(file, { force: true }));
    await writeFile(file, '{"name":"lab"}');
    const document = 'query ($name: String!) { network(by: { name: $name }) { cidr } }';
    const { out, code } = await runLab(['api', '-f', '-', '--vars', file], site.env, document);
    expect({ code, answer: JSON.parse(out) }).toEqual({
      code: 0,
      answer: { data: { network: { cidr: '192.168.8.0/24' } } },
    });
    expect(await readFile(file, 'utf8')).toContain('lab');
  });

  test('runs the operation that is named, also a subscription that is not the first', async () => {
    const document = 'query Q { about { version } } subscription W { watchServers { __typename } }';
    expect(JSON.parse((await site.lab('api', document, '--operation', 'Q')).out)).toHaveProperty('data.about');
    const child = spawn(process.execPath, [program, 'api', document, '--operation', 'W'], {
      env: environment(site.env),
      stdio: 'pipe',
    });
    const [first] = (await once(child.stdout, 'data')) as [Buffer];
    expect(first.toString().split('\n')[0]).toBe('{"data":{"watchServers":{"__typename":"ServerAdded"}}}');
    child.kill('SIGINT');
    expect(await once(child, 'close')).toEqual([130, null]);
  });

  test('exits 1 and prints the answer when it has errors', async () => {
    const { out, code } = await site.lab('api', '{ frob }');
    expect(JSON.parse(out).errors[0].message).toContain('frob');
    expect(code).toBe(1);
  });
});
