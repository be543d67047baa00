// The audit trail as people read it, against a real labd.
import { spawn } from 'node:child_process';
import { describe, expect, onTestFinished, test } from 'vitest';
import { environment, program, runLab, shareSite } from '../support.ts';

const site = shareSite(async ({ ask, lab }) => {
  await ask('mutation { createNetwork(input: { name: "lab", cidr: "10.0.0.0/24" }) { __typename } }');
  await ask('mutation { updateNetwork(by: { name: "lab" }, input: { domain: "lab.example" }) { __typename } }');
  await lab('create', 'user', 'ann', '--role', 'viewer');
  const { out } = await lab('create', 'token', 'ann', '--user', 'ann');
  await runLab(['create', 'network', 'other', '--cidr', '10.1.0.0/24'], {
    LAB_URL: site.labd.url,
    LAB_TOKEN: out.trim(),
  });
});

const audit = async (...flags: string[]) => {
  const { out, err, code } = await site.lab('get', 'audit', ...flags);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return out.trimEnd().split('\n');
};

describe('get audit', () => {
  test('tells who did what to which object, the oldest first', async () => {
    const lines = await audit('--name', 'lab');
    expect(lines[0]).toMatch(/^REVISION +AT +ACTOR +ACTION +OBJECT +OUTCOME$/);
    expect(lines.slice(1).map((line) => line.split(/ {2,}/).slice(2))).toEqual([
      ['user/admin', 'createNetwork', 'Network/lab', 'create'],
      ['user/admin', 'updateNetwork', 'Network/lab', 'update'],
    ]);
  });

  test('tells what changed when it is wide', async () => {
    const [, , updated] = await audit('--name', 'lab', '-o', 'wide');
    expect(updated).toContain('domain: null → lab.example');
    expect(updated).toContain('127.0.0.1');
  });

  test('tells what was refused, and to whom', async () => {
    const lines = await audit('--outcome', 'refused', '--no-headers');
    expect(lines.map((line) => line.split(/ {2,}/).slice(2))).toEqual([
      ['user/ann', 'createNetwork', 'Network/other', 'refused'],
    ]);
    expect(await audit('--actor', 'ann', '-o', 'name')).toEqual(['Network/other']);
  });

  test('prints a line of JSON for each, with all of it', async () => {
    const [created] = (await audit('--kind', 'net', '--name', 'lab', '-o', 'json')).map(
      (line) => JSON.parse(line) as Record<string, unknown>,
    );
    expect(created).toMatchObject({
      actor: 'user/admin',
      action: 'createNetwork',
      operation: 'CREATE',
      outcome: 'DONE',
    });
  });

  test('keeps to its limit and to its time', async () => {
    expect(await audit('--limit', '2', '-o', 'name')).toHaveLength(2);
    expect((await site.lab('get', 'audit', '--until', '1d')).err).toBe('No audit entries found.\n');
    expect((await audit('--since', '1h', '--limit', '0', '-o', 'name')).length).toBeGreaterThan(5);
    const wrong = await site.lab('get', 'audit', '--since', 'yesterday');
    expect([wrong.code, wrong.err.split('\n')[0]]).toEqual([2, 'Error: --since: "yesterday" is no moment.']);
  });

  test('with -w goes on with what comes, refusals too', async () => {
    const args = [program, 'get', 'audit', '-w', '--kind', 'Network', '--limit', '1', '--no-headers'];
    const child = spawn(process.execPath, args, { env: environment(site.env), stdio: 'pipe' });
    onTestFinished(() => void child.kill());
    let out = '';
    child.stdout.on('data', (data: Buffer) => (out += data.toString()));
    const seen = () =>
      out
        .trimEnd()
        .split('\n')
        .map((line) => line.split(/ {2,}/).slice(3, 6).join(' '));
    await expect.poll(seen, { timeout: 10_000 }).toEqual(['createNetwork Network/other refused']);
    await site.ask('mutation { createNetwork(input: { name: "third", cidr: "10.3.0.0/24" }) { __typename } }');
    await site.ask('mutation { deleteNetwork(by: { name: "third" }) { __typename } }');
    await expect
      .poll(seen, { timeout: 10_000 })
      .toEqual([
        'createNetwork Network/other refused',
        'createNetwork Network/third create',
        'deleteNetwork Network/third delete',
      ]);
  });

  test('with -w misses nothing that comes while labd restarts, also where nothing was before', async () => {
    const args = [program, 'get', 'audit', '-w', '--kind', 'cluster', '-o', 'name'];
    const child = spawn(process.execPath, args, { env: environment(site.env), stdio: 'pipe' });
    onTestFinished(() => void child.kill());
    const said = { out: '', err: '' };
    child.stdout.on('data', (data: Buffer) => (said.out += data.toString()));
    child.stderr.on('data', (data: Buffer) => (said.err += data.toString()));
    const make = (name: string) => site.ask(`mutation { createCluster(input: { name: "${name}" }) { __typename } }`);
    const seen = (names: string) => expect.poll(() => said.out, { timeout: 30_000 }).toBe(names);
    await make('one');
    await seen('Cluster/one\n');
    await site.labd.kill();
    await expect.poll(() => said.err, { timeout: 10_000 }).toContain('labd is away');
    await site.labd.start();
    await make('two');
    await make('three');
    await seen('Cluster/one\nCluster/two\nCluster/three\n');
  });
});

describe('audit verify', () => {
  test('says that it is what was written, and gives an anchor that holds later', async () => {
    const sealed = async () => (await site.lab('audit', 'verify')).out;
    await expect.poll(sealed, { timeout: 10_000 }).toContain('Anchor to note elsewhere: ');
    const anchor = /elsewhere: (\S+)/.exec(await sealed())![1]!;
    const { code, out } = await site.lab('audit', 'verify', '--anchor', anchor);
    expect([code, out.split(',')[0]]).toEqual([0, 'The audit trail is what was written']);
    const forged = await site.lab('audit', 'verify', '--anchor', `${anchor.split(':')[0]}:${'0'.repeat(64)}`);
    expect(forged.code).toBe(1);
    expect(forged.err).toContain('was tampered with');
    expect((await site.lab('audit', 'verify', '--anchor', 'x')).code).toBe(2);
  });

  test('is for administrators alone, and so is the trail', async () => {
    const { out } = await site.lab('create', 'token', '--user', 'ann');
    const env = { LAB_URL: site.labd.url, LAB_TOKEN: out.trim() };
    for (const words of [
      ['audit', 'verify'],
      ['get', 'audit'],
      ['get', 'audit', '-w'],
    ])
      expect((await runLab(words, env)).code, words.join(' ')).toBe(4);
  });
});
