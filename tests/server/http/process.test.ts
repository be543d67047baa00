// labd as an executable: what it says when it cannot start, and how it ends.
import { createServer, type AddressInfo } from 'node:net';
import { rm } from 'node:fs/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { endLabd, spawnLabd, startLabdProcess, temporaryDirectory, type LabdProcess } from './process.ts';
import { post } from './toy.ts';

let labd: LabdProcess | undefined;
afterEach(async () => {
  await endLabd(labd);
  labd = undefined;
});

async function run(args: string[], env: Record<string, string> = {}) {
  const { ended, output } = spawnLabd(args, env);
  return { code: await ended, text: output() };
}

describe('labd says', () => {
  test('what it takes, and its version', async () => {
    expect(await run(['--help'])).toEqual({ code: 0, text: expect.stringContaining('LABD_PORT') as string });
    expect(await run(['--version'])).toEqual({
      code: 0,
      text: expect.stringMatching(/^labd \d+\.\d+\.\d+\n$/) as string,
    });
  });

  test.each<[string, string[], Record<string, string>, string]>([
    ['a flag it does not have', ['--prot', '1'], {}, '--help'],
    ['a word it does not expect', ['start'], {}, '--help'],
    ['what is no port', ['--port', 'http'], {}, '--port'],
    ['what is no log level', [], { LOG_LEVEL: 'loud' }, 'LOG_LEVEL'],
    ['what is no origin', [], { LABD_ALLOWED_ORIGINS: 'ui.example' }, 'https://ui.example'],
    ['what is no port for TLS', [], { LABD_TLS_PORT: 'https' }, '--tls-port'],
    ['what is no time', [], { LABD_CERTIFICATE_TTL: '7 days' }, 'LABD_CERTIFICATE_TTL'],
  ])('in one line that it cannot take %s, and exits with 2', async (_what, args, env, remedy) => {
    const { code, text } = await run(args, env);
    expect(code).toBe(2);
    expect(text.trim().split('\n')).toHaveLength(1);
    expect(text).toContain(remedy);
  });

  test('in one line which port is taken, and exits with 1', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const data = await temporaryDirectory();
    const { code, text } = await run(['--port', String(port), '--data', data]);
    expect([code, text]).toEqual([
      1,
      `labd: port ${port} on 127.0.0.1 is in use: stop what listens there, or choose another with --port or LABD_PORT\n`,
    ]);
    await new Promise((resolve) => other.close(resolve));
    await rm(data, { recursive: true });
  });

  test('in one line which directory is in use, and exits with 1', async () => {
    labd = await startLabdProcess(await temporaryDirectory());
    const { code, text } = await run(['--port', '0', '--data', labd.data]);
    expect(code).toBe(1);
    expect(text.trim().split('\n')).toHaveLength(1);
    expect(text).toMatch(new RegExp(`^labd: ${labd.data}\\S* is in use by process ${labd.child.pid}.*LABD_DATA`));
  });
});

describe('labd ends', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('well at %s, and finds everything again', async (signal) => {
    const data = await temporaryDirectory();
    labd = await startLabdProcess(data);
    await post(labd.url, 'mutation { createCluster(input: { name: "kept" }) { __typename } }', labd);
    labd.child.kill(signal);
    expect(await labd.ended).toBe(0);
    labd = await startLabdProcess(data);
    expect((await post(labd.url, '{ clusters { nodes { name } } }', labd)).body.data).toEqual({
      clusters: { nodes: [{ name: 'kept' }] },
    });
  });

  test('with its parent when it was asked to', async () => {
    labd = await startLabdProcess(await temporaryDirectory(), { LAB_EXIT_WITH_PARENT: '1' });
    labd.child.stdin!.end();
    expect(await labd.ended).toBe(0);
  });

  test('well when the same Ctrl-C reaches it in three ways', async () => {
    labd = await startLabdProcess(await temporaryDirectory(), { LAB_EXIT_WITH_PARENT: '1' });
    labd.child.kill('SIGINT');
    labd.child.kill('SIGTERM');
    labd.child.stdin!.end();
    expect(await labd.ended).toBe(0);
    expect(labd.output()).toContain('labd has stopped');
  });

  test('at once when it is asked twice', async () => {
    labd = await startLabdProcess(await temporaryDirectory());
    labd.child.kill('SIGTERM');
    await expect.poll(() => labd!.output()).toContain('labd is stopping');
    labd.child.kill('SIGTERM');
    expect(await labd.ended).toBe(143);
  });
});
