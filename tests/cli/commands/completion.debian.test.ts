// Completion in the shells themselves, on a terminal: somebody types, presses Tab and then Enter, and lab is given the words.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { environment, program, runProgram, startLab } from '../support.ts';

/** How each shell is started without anybody's settings, and what it reads first. */
const shells = {
  bash: { start: 'bash --noprofile --norc -i', before: 'PS1="ready "' },
  zsh: { start: 'zsh -f -i', before: 'PS1="ready "; autoload -Uz compinit; compinit -u -D' },
  fish: { start: 'fish --no-config -i', before: 'function fish_prompt; echo -n "ready "; end' },
} as const;

/** A folder with a `lab` on PATH that notes the words it is given, and completes as the real one does. */
async function place() {
  const folder = await mkdtemp(join(tmpdir(), 'lab-shells-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, 'bin'));
  const lab = `#!/bin/sh
[ "$1" = __complete ] && exec ${process.execPath} ${program} "$@"
echo "$*" >>${folder}/typed
`;
  await writeFile(join(folder, 'bin', 'lab'), lab);
  await chmod(join(folder, 'bin', 'lab'), 0o755);
  await writeFile(join(folder, 'site.yaml'), '');
  const contexts =
    '  - name: rack-a\n    url: http://127.0.0.1:9/graphql\n  - name: lab-b\n    url: http://127.0.0.1:9/graphql\n';
  await writeFile(join(folder, 'config.yaml'), `contexts:\n${contexts}`, { mode: 0o600 });
  const { PATH } = environment();
  return {
    folder,
    env: { PATH: `${join(folder, 'bin')}:${PATH}`, HOME: folder, LAB_CONFIG: join(folder, 'config.yaml') },
  };
}

/** What lab is given for each line that is typed in a shell, in which Tab is pressed where \t stands. */
async function typedIn(shell: keyof typeof shells, lines: readonly string[]): Promise<string[]> {
  const { folder, env } = await place();
  const script = join(folder, `completion.${shell}`);
  await writeFile(script, (await startLab(['completion', shell])).out);
  const { start, before } = shells[shell];
  const line = `cd ${folder}; stty cols 160 rows 50; exec ${start}`;
  const child = spawn('script', ['-qec', line, '/dev/null'], { env: environment(env), stdio: 'pipe' });
  onTestFinished(() => void child.kill('SIGKILL'));
  const waiting = [`${before}; source ${script}; echo begun`, ...lines, 'exit'];
  const noted = () =>
    readFile(join(folder, 'typed'), 'utf8').then(
      (text) => text.trim().split('\n'),
      () => [],
    );
  let shown = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (shown += text));
  child.stdin.write(`${waiting.shift()!}\r`);
  await expect.poll(() => shown, { timeout: 60_000 }).toMatch(/^begun/m);
  for (const [n, typed] of lines.entries()) {
    child.stdin.write(`${typed}\r`);
    await expect.poll(noted, { timeout: 60_000, message: `${shell}: ${typed}\n${shown}` }).toHaveLength(n + 1);
  }
  child.stdin.write('exit\r');
  await once(child, 'close');
  return noted();
}

test.each(Object.keys(shells) as (keyof typeof shells)[])('%s completes what is typed on a terminal', async (shell) => {
  const lines: [typed: string, given: string][] = [
    ['lab desc\tserv\t', 'describe servers'],
    ['lab --cont\track\tget netw\t', '--context rack-a get networks'],
    ['lab get servers --sta\tinst\t', 'get servers --status installed'],
    ['lab get servers --output=wi\t', 'get servers --output=wide'],
    ['lab get servers --sort-by cre\t', 'get servers --sort-by created_at'],
    ['lab config use-c\tlab\t', 'config use-context lab-b'],
    ['lab apply -f si\t', 'apply -f site.yaml'],
    ['lab diff --filename=si\t', 'diff --filename=site.yaml'],
    ['lab wait server/a --for=status=inst\t', 'wait server/a --for=status=installed'],
    ['lab bastion files bu\t', 'bastion files build'],
  ];
  const given = await typedIn(
    shell,
    lines.map(([typed]) => typed),
  );
  expect(given.map((one) => one.trim())).toEqual(lines.map(([, one]) => one));
});

test.each(Object.keys(shells))('%s finds nothing wrong with its script', async (shell) => {
  const { folder } = await place();
  const script = join(folder, shell);
  await writeFile(script, (await startLab(['completion', shell])).out);
  expect(await runProgram(shell, ['-n', script])).toEqual({ code: 0, out: '', err: '' });
});
