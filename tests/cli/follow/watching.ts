// Watches of a site, in pipes and on a terminal.
import { type ChildProcess, spawn } from 'node:child_process';
import { onTestFinished, vi } from 'vitest';
import { environment, program, type Site } from '../support.ts';

interface Watch {
  child: ChildProcess;
  lines(): string[];
  said(): string;
}

export function watching(site: Site) {
  function watch(...words: string[]): Watch {
    const args = [program, 'get', ...words, '-w'];
    const child = spawn(process.execPath, args, { env: environment(site.env), stdio: 'pipe' });
    onTestFinished(() => void child.kill('SIGKILL'));
    let [out, err] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    return { child, lines: () => out.split('\n').slice(0, -1), said: () => err };
  }

  const soon = (check: () => void) => vi.waitFor(check, { timeout: 30_000, interval: 50 });

  /** A watch on a terminal of 60 columns and 10 lines. */
  function atTerminal(words: string) {
    const line = `stty cols 60 rows 10; exec ${process.execPath} ${program} ${words} -w`;
    const env = environment({ ...site.env, NO_COLOR: '1' });
    const child = spawn('script', ['-qec', line, '/dev/null'], { env, stdio: 'pipe' });
    onTestFinished(() => void child.kill('SIGKILL'));
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    return { child, out: () => out };
  }

  return { watch, soon, atTerminal };
}
