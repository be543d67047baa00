// Asks a bastion of this host on the socket in its directory, which only those who may read that reach.
import { request } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import * as Flags from '@oclif/core/flags';
import { bastionDirectory } from '../../common/bastionDirectory.ts';
import { CliError } from '../terminal/errors.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** The flag that names the directory, and the directory that is meant without it. */
export const dirFlag = Flags.string({ description: 'what the bastion keeps (BASTION_DIR)' });
export const directoryOf = (given: string | undefined, { env }: Pick<Terminal, 'env'>): string =>
  given ?? bastionDirectory(env);

/** Nobody listens there, or no more. */
export class NoBastion extends CliError {
  constructor(dir: string) {
    super(
      'unreachable',
      `No bastion runs in ${dir}, and its files are asked of it.`,
      (lab) => `Start it: ${lab} bastion start. Or name another directory: --dir DIR.`,
    );
  }
}

const AWAY = new Set(['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'ENOTSOCK']);

interface Asked {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: object | undefined;
  /** Milliseconds for an answer; for ever without */
  readonly patience?: number;
  /** Gets each line of the answer as it comes */
  readonly onLine: (line: string) => void;
}

/** Resolves when the answer has ended. Throws NoBastion, and CliError with what the bastion, or the system, says. */
function ask(dir: string, { method, path, body, patience, onLine }: Asked): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { 'Content-Type': 'application/json' };
    const options = { socketPath: join(dir, 'api.sock'), path, method, headers, agent: false, timeout: patience };
    const asked = request(options, (response) => {
      const refused: string[] = [];
      const isGood = response.statusCode === 200;
      createInterface({ input: response })
        .on('line', (line) => (isGood ? onLine(line) : refused.push(line)))
        .once('close', () => {
          if (isGood) return resolve();
          const { error, remedy } = JSON.parse(refused.join('\n')) as { error: string; remedy: string };
          reject(new CliError('failed', `${error}.`, remedy));
        });
      response.once('error', reject);
    });
    asked.once('timeout', () => asked.destroy(new Error(`it says nothing for ${patience! / 1_000} s`)));
    asked.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        AWAY.has(error.code ?? '')
          ? new NoBastion(dir)
          : new CliError(
              'unreachable',
              `The bastion in ${dir} cannot be asked: ${error.message}.`,
              'Run this as the user that runs the bastion, or name its directory: --dir DIR.',
            ),
      ),
    );
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** An answer that is one line of JSON. */
export async function askBastion<T>(dir: string, asked: Omit<Asked, 'onLine'>): Promise<T> {
  let answer = '';
  await ask(dir, { ...asked, onLine: (line) => (answer = line) });
  return JSON.parse(answer) as T;
}

interface Line {
  readonly progress?: unknown;
  readonly done?: unknown;
  readonly error?: { readonly message: string };
}

/** Has the bastion do something that takes long; resolves to what came of it. Throws CliError with the bastion's reason. */
export async function haveDone<Done, Progress = never>(
  dir: string,
  path: string,
  body: object,
  onProgress: (progress: Progress) => void,
): Promise<Done> {
  let last: Line = {};
  const onLine = (line: string) => {
    last = JSON.parse(line) as Line;
    if (last.progress !== undefined) onProgress(last.progress as Progress);
  };
  await ask(dir, { method: 'POST', path, body, onLine });
  if (last.error) throw new CliError('failed', `${last.error.message}.`.replace(/\.\.$/, '.'));
  if (last.done === undefined)
    throw new CliError(
      'unreachable',
      'The bastion ended in the middle.',
      'Begin again: what it has is not loaded twice.',
    );
  return last.done as Done;
}
