// What people are asked for: passwords and tokens, from standard input or typed where nobody sees them, and their word.
import { CliError } from './errors.ts';
import type { Input, Terminal } from './terminal.ts';

/** All of standard input, without the newline at its end. Throws a usage error for nothing. */
export async function readSecret(input: Input): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of input as AsyncIterable<Buffer>) chunks.push(chunk);
  const text = Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '');
  if (text !== '') return text;
  throw new CliError('usage', 'Nothing came on standard input.', 'Pipe it in, such as: pass show lab | lab …');
}

/** A new secret, typed twice. Throws when the two differ. */
export async function askTwice(terminal: Terminal, question: string): Promise<string> {
  const first = await askFor(terminal, `${question}: `, true);
  if (first === (await askFor(terminal, `${question} again: `, true))) return first;
  throw new CliError('failed', 'The two are not the same; nothing was done.', 'Try again.');
}

/** Asks on the terminal; what is typed is not shown when it is `hidden`. Throws when there is no terminal, or Ctrl-C. */
export async function askFor(terminal: Terminal, question: string, hidden = false): Promise<string> {
  if (!terminal.in.isTTY)
    throw new CliError(
      'usage',
      `Nobody is there to be asked for: ${question.replace(/:\s*$/, '')}.`,
      'Run it on a terminal, or see --help for a flag.',
    );
  const { createInterface } = await import('node:readline');
  const { Writable } = await import('node:stream');
  // The question is shown; the echo of what is typed goes nowhere.
  const shown = new Writable({
    write: (chunk: Buffer, _encoding, done) => void (hidden ? done() : terminal.err.write(chunk, () => done())),
  });
  const lines = createInterface({ input: terminal.in, output: shown, terminal: true, historySize: 0 });
  terminal.err.write(question);
  return new Promise((resolve, reject) => {
    lines.once('SIGINT', () => {
      terminal.err.write('\n');
      reject(new CliError('interrupted', 'Interrupted.'));
      lines.close();
    });
    lines.once('close', () => reject(new CliError('interrupted', 'Interrupted.')));
    lines.once('line', (line) => {
      if (hidden) terminal.err.write('\n');
      resolve(line);
      lines.close();
    });
  });
}
