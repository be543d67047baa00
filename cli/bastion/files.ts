// Asks a bastion of this host about its files, and follows what takes long.
import { request } from 'node:http';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { CliError } from '../terminal/errors.ts';

export interface KeptFile {
  readonly sha256: string;
  readonly bytes: number;
  readonly uses: readonly { readonly name: string; readonly path: string; readonly use: string }[];
}

export interface Progress {
  readonly path: string;
  readonly bytes: number;
  readonly total: number | null;
  readonly done: number;
  readonly files: number;
}

interface Line {
  readonly progress?: unknown;
  readonly done?: unknown;
  readonly error?: { readonly message: string };
}

const AWAY = new Set(['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'ENOTSOCK']);

const away = (dir: string): CliError =>
  new CliError(
    'unreachable',
    `No bastion runs in ${dir}, and its files are asked of it.`,
    (lab) => `Start it: ${lab} bastion start. Or name another directory: --dir DIR.`,
  );

/** Sends a request on the bastion's socket; each line of the answer is handed on as it comes. Throws CliError. */
function send(
  dir: string,
  method: 'GET' | 'POST',
  path: string,
  body: object | undefined,
  onLine: (line: string) => void,
) {
  return new Promise<void>((resolve, reject) => {
    const headers = { 'Content-Type': 'application/json' };
    const asked = request({ socketPath: join(dir, 'api.sock'), path, method, headers, agent: false }, (response) => {
      const lines: string[] = [];
      const isGood = response.statusCode === 200;
      createInterface({ input: response })
        .on('line', (line) => (isGood ? onLine(line) : lines.push(line)))
        .once('close', () => {
          if (isGood) return resolve();
          const { error, remedy } = JSON.parse(lines.join('\n')) as { error: string; remedy: string };
          reject(new CliError('failed', `${error}.`, remedy));
        });
      response.once('error', reject);
    });
    asked.once('error', (error: NodeJS.ErrnoException) => reject(AWAY.has(error.code ?? '') ? away(dir) : error));
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** An answer that is one line of JSON. */
export async function askBastion<T>(dir: string, method: 'GET' | 'POST', path: string, body?: object): Promise<T> {
  let answer: T | undefined;
  await send(dir, method, path, body, (line) => (answer = JSON.parse(line) as T));
  return answer!;
}

/** Has the bastion do something that takes long; resolves to what came of it. Throws CliError with the bastion's reason. */
export async function haveDone<Done, Progress = never>(
  dir: string,
  path: string,
  body: object,
  onProgress: (progress: Progress) => void,
): Promise<Done> {
  let last: Line = {};
  await send(dir, 'POST', path, body, (text) => {
    last = JSON.parse(text) as Line;
    if (last.progress !== undefined) onProgress(last.progress as Progress);
  });
  if (last.error) throw new CliError('failed', `${last.error.message}.`.replace(/\.\.$/, '.'));
  if (last.done === undefined)
    throw new CliError(
      'unreachable',
      'The bastion ended in the middle.',
      'Begin again: what it has is not loaded twice.',
    );
  return last.done as Done;
}
