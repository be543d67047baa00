// The executable itself: what other tests run in their own process comes out of it the same, with the same exit code.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { exits } from '../../cli/terminal/errors.ts';
import { makeFleet } from './fleet.ts';
import { environment, program, runLab, shareSite, startLab } from './support.ts';

const site = shareSite(makeFleet);

describe('lab as a process', () => {
  test.each([
    'table',
    'wide',
    'json',
    'yaml',
    'name',
    'jsonpath={.items[*].metadata.name}',
    'custom-columns=NAME:.metadata.name',
  ])('prints -o %s as in this process', async (format) => {
    // Ages and counts of seconds may differ between two runs.
    const words = ['get', 'clusters,networks', '-o', format];
    const [started, here] = [await startLab(words, site.env), await runLab(words, site.env)];
    const ageless = (out: string) => out.replaceAll(/\b\d+[smh]\b/g, '0s');
    expect({ ...started, out: ageless(started.out) }).toEqual({ ...here, out: ageless(here.out) });
    expect(started.out).not.toBe('');
  });

  const away = { LAB_URL: 'http://127.0.0.1:9/graphql' };
  test.each<[keyof typeof exits, string, Record<string, string>?]>([
    ['done', 'version --client'],
    ['failed', 'create network lab --cidr 10.0.0.0/8'],
    ['usage', 'get servers --frob'],
    ['notFound', 'get server nowhere'],
    ['forbidden', 'get servers', { LAB_TOKEN: 'lab_pat_nonsense' }],
    ['unreachable', 'get servers', away],
    ['timedOut', 'wait network/lab --for=delete --timeout 1s'],
  ])('ends with the exit code for %s after lab %s, as in this process', async (exit, line, env = {}) => {
    const [words, all] = [line.split(' '), { ...site.env, ...env }];
    const started = await startLab(words, all);
    expect(started.code).toBe(exits[exit]);
    expect(started).toEqual(await runLab(words, all));
  });

  test('ends with the exit code for interrupted', async () => {
    const child = spawn(process.execPath, [program, 'get', 'networks', '-w'], { env: environment(site.env) });
    onTestFinished(() => void child.kill('SIGKILL'));
    const err = text(child.stderr);
    await once(child.stdout, 'data');
    child.kill('SIGINT');
    expect((await once(child, 'exit'))[0]).toBe(exits.interrupted);
    expect(await err).toBe('');
  });
});
