// What people are asked for: passwords and tokens, from standard input or typed where nobody sees them, and their word.
import { isUtf8 } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { CliError } from './errors.ts';
import type { Input, Terminal } from './terminal.ts';

/** Bytes as the text that they are, without the newline at its end. Throws a usage error for what is no text. */
function secretIn(bytes: Buffer, from: string): string {
  if (isUtf8(bytes)) return bytes.toString('utf8').replace(/\r?\n$/, '');
  throw new CliError('usage', `${from} is no text.`, 'Encode it, such as with base64, and decode it where it is used.');
}

/** All of standard input, without the newline at its end. Throws a usage error for nothing, and for what is no text. */
export async function readSecret(input: Input): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of input as AsyncIterable<Buffer>) chunks.push(chunk);
  const text = secretIn(Buffer.concat(chunks), 'Standard input');
  if (text !== '') return text;
  throw new CliError('usage', 'Nothing came on standard input.', 'Pipe it in, such as: pass show lab | lab …');
}

/** The same of a file; `-` is standard input, or what is typed when that is the terminal. */
export async function readSecretFile(terminal: Terminal, file: string, question: string): Promise<string> {
  if (file === '-') return terminal.in.isTTY ? askTwice(terminal, question) : readSecret(terminal.in);
  const bytes = await readFile(file).catch((error: Error) => {
    throw new CliError('usage', `The file ${file} cannot be read: ${error.message}`);
  });
  return secretIn(bytes, `The file ${file}`);
}

/**
 * The value of an environment variable. Throws a usage error when it is not set, without the name: it may be the value,
 * by mistake, and logs keep what programs say.
 */
export function secretFromEnvironment({ env }: Terminal, name: string): string {
  const value = env[name];
  if (value !== undefined) return value;
  throw new CliError(
    'usage',
    'The environment has no variable of the name that was given.',
    'Give the name of a variable that is exported, not its value: PASSWORD rather than "$PASSWORD".',
  );
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
