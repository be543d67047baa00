// lab on a terminal, with somebody who types: what is shown there, and how it ends.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import { environment, program } from './support.ts';

/** Runs lab on a terminal of its own, and types each answer when its question is shown. */
export async function atTerminal(
  words: string,
  env: Record<string, string>,
  answers: readonly (readonly [question: string, typed: string])[],
): Promise<{ code: number | null; shown: string }> {
  const line = `stty cols 160 rows 50; exec ${process.execPath} ${program} ${words}`;
  const child = spawn('script', ['-qec', line, '/dev/null'], { env: environment(env), stdio: 'pipe' });
  onTestFinished(() => void child.kill('SIGKILL'));
  const waiting = [...answers];
  let [shown, read] = ['', 0];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
    const [question, typed] = waiting[0] ?? [];
    const at = question === undefined ? -1 : shown.indexOf(question, read);
    if (question === undefined || at < 0) return;
    read = at + question.length;
    waiting.shift();
    child.stdin.write(typed!);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, shown: shown.replaceAll('\r', '') };
}
