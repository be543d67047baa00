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
    expect(await run(['--help'])).toEqual({
      code: 0,
      text: expect.stringMatching(/LABD_PORT[^]*LABD_TIME_LIMIT +seconds for an answer, at most \(30\)/) as string,
    });
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
    ['what is no limit', [], { LABD_MAX_COST: 'much' }, 'LABD_MAX_COST to a whole number from 1 to'],
    ['a limit that bastions exceed', [], { LABD_MAX_BYTES: '1000' }, 'LABD_MAX_BYTES to a whole number from 163840'],
    ['what is no origin', [], { LABD_ALLOWED_ORIGINS: 'ui.example' }, 'https://ui.example'],
    ['what is no port for TLS', [], { LABD_TLS_PORT: 'https' }, '--tls-port'],
    ['what is no time', [], { LABD_CERTIFICATE_TTL: '7 days' }, 'LABD_CERTIFICATE_TTL'],
    ['no time at all for installs', [], { LABD_PHASE_TIME: '0m' }, 'LABD_PHASE_TIME'],
    ['installs that take longer than anybody waits', [], { LABD_INSTALL_TIME: '8d' }, 'LABD_INSTALL_TIME'],
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

test('labd takes its limits from the environment', async () => {
  labd = await startLabdProcess(await temporaryDirectory(), {
    LABD_MAX_BYTES: String(160 * 1024),
    LABD_MAX_TOKENS: '90',
    LABD_MAX_ALIASES: '1',
    LABD_MAX_DEPTH: '4',
    LABD_MAX_DIRECTIVES: '2',
    LABD_MAX_CONDITIONS: '3',
    LABD_MAX_COST: '50',
  });
  const { url, headers } = labd;
  const codeOf = async (query: string) => {
    const { errors } = (await post(url, query, { headers })).body;
    return errors?.[0]!.extensions!['code'];
  };
  expect(await codeOf('{ a: about { version } servers(first: 49) { nodes { name } } }')).toBe(
    'OPERATION_TOO_EXPENSIVE',
  );
  expect(await codeOf('{ a: about { version } servers(first: 40) { nodes { name } } }')).toBeUndefined();
  expect(await codeOf(`{ about { version } } #${'x'.repeat(160 * 1024)}`)).toBe('REQUEST_TOO_LARGE');
  expect(await codeOf(`{ about { ${'version '.repeat(85)}} }`)).toBeUndefined();
  expect(await codeOf(`{ about { ${'version '.repeat(86)}} }`)).toBe('DOCUMENT_TOO_LONG');
  expect(await codeOf('{ a: about { version } b: about { version } }')).toBe('TOO_MANY_ALIASES');
  expect(await codeOf('{ servers(first: 1) { nodes { bastion { name } } } }')).toBeUndefined();
  expect(await codeOf('{ servers(first: 1) { nodes { bastion { conditions { type } } } } }')).toBe('DOCUMENT_TOO_DEEP');
  expect(await codeOf('{ about @skip(if: false) { version @skip(if: false) engine @skip(if: false) } }')).toBe(
    'TOO_MANY_DIRECTIVES',
  );
  expect(await codeOf('{ servers(filter: { labels: "a,b,c" }) { totalCount } }')).toBeUndefined();
  expect(await codeOf('{ servers(filter: { labels: "a,b,c,d" }) { totalCount } }')).toBe('TOO_MANY_CONDITIONS');
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
