// Waiting for an install on a terminal: lines that stay, and a bar below them that moves.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test, vi } from 'vitest';
import { environment, program, shareSite } from '../support.ts';

const mac = '02:00:00:00:07:01';

const site = shareSite(async ({ report, ask }) => {
  await report('discover', { mac });
  const found = async () => (await ask<{ servers: { totalCount: number } }>('{ servers { totalCount } }')).servers;
  await vi.waitFor(async () => expect(await found()).toEqual({ totalCount: 1 }), { timeout: 20_000 });
  await ask(`mutation { updateServer(by: { mac: "${mac}" }, input: { name: "web" }) { __typename } }`);
});

const soon = (check: () => void) => vi.waitFor(check, { timeout: 20_000, interval: 50 });

test('shows how far an install is, and leaves its steps on the screen', async () => {
  const line = `stty cols 90 rows 24; exec ${process.execPath} ${program} wait server/web --for=status=INSTALLED`;
  const env = environment({ ...site.env, NO_COLOR: '1' });
  const child = spawn('script', ['-qec', line, '/dev/null'], { env, stdio: 'pipe' });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = once(child, 'exit');
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  const bars = () =>
    [...out.matchAll(/web\.1 +(\[[#-]{20}\] +\d+ %) +(\S+)/g)].map(([, bar, phase]) => `${bar} ${phase}`);
  const installer = await site.install(mac);
  await soon(() => expect(bars()).toContain('[###-----------------]  13 % booting'));
  await installer.say({ stage: 'packages', message: 'half of them' });
  await soon(() => expect(bars()).toContain('[##########----------]  50 % packages'));
  await installer.say({ stage: 'done', state: 'installed', hostname: 'web', os: 'Fedora 43' });
  expect(await ended).toEqual([0, null]);
  const shown = out.replaceAll('\r', '');
  expect(shown).toContain('web.1: packages, half of them\n');
  expect(shown.slice(shown.lastIndexOf('web.1: succeeded'))).toContain('server/web is installed\n');
});
