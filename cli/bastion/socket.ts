// Asks a bastion on the socket in its directory, which only those who may read that reach, or at its address with the token that
// lies there.
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

/** A bastion on this host, reached on the socket in its directory; `flag` is what names another directory. */
interface AtSocket {
  readonly by: 'socket';
  readonly dir: string;
  readonly flag: '--dir' | '--bastion';
}

/** A bastion anywhere, reached at its address with the token of its directory. */
interface AtUrl {
  readonly by: 'url';
  readonly url: string;
  readonly token: string;
}

/** How a bastion is reached. */
export type BastionAt = AtSocket | AtUrl;

/** The bastion of a directory. */
export const bastionIn = (dir: string, flag: AtSocket['flag'] = '--dir'): AtSocket => ({ by: 'socket', dir, flag });

const placeOf = (at: BastionAt): string => (at.by === 'url' ? `at ${at.url}` : `in ${at.dir}`);

const startIt = (at: BastionAt, lab: string): string =>
  at.by === 'url'
    ? 'Look whether it runs on its host, and whether the URL is right: --bastion http://ADDRESS:PORT.'
    : `Start it: ${lab} bastion start. Or name another directory: ${at.flag} DIR.`;
const mayAsk = (at: BastionAt): string =>
  at.by === 'url'
    ? 'Look whether its host is reached from here, and whether the URL is right: --bastion http://ADDRESS:PORT.'
    : `Run this as the user that runs the bastion, or name its directory: ${at.flag} DIR.`;

/** Nobody listens there, or no more. */
export class NoBastion extends CliError {
  constructor(at: BastionAt) {
    super('unreachable', `No bastion runs ${placeOf(at)}, and it is to be asked.`, (lab) => startIt(at, lab));
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
  /** Ends it */
  readonly signal?: AbortSignal;
}

/** What Node's request is made with. */
function way(at: BastionAt, path: string): { options: object; headers: Record<string, string> } {
  if (at.by === 'socket') return { options: { socketPath: join(at.dir, 'api.sock'), path }, headers: {} };
  const { hostname, port } = new URL(at.url);
  return {
    options: { host: hostname.replace(/^\[|\]$/g, ''), port: port || '80', path },
    headers: { Authorization: `Bearer ${at.token}` },
  };
}

function refusalIn(text: string): CliError {
  try {
    const { error, remedy } = JSON.parse(text) as { error: string; remedy: string };
    return new CliError('failed', `${error}.`, remedy);
  } catch {
    return new CliError('failed', 'What answers there is no bastion.', 'Name another: its directory, or its URL.');
  }
}

/** Resolves when the answer has ended. Throws NoBastion, and CliError with what the bastion, or the system, says. */
function ask(at: BastionAt, { method, path, body, patience, onLine, signal }: Asked): Promise<void> {
  return new Promise((resolve, reject) => {
    const { options: to, headers: proof } = way(at, path);
    const headers = { 'Content-Type': 'application/json', ...proof };
    const options = { ...to, method, headers, agent: false, timeout: patience, ...(signal && { signal }) };
    const asked = request(options, (response) => {
      const refused: string[] = [];
      const isGood = response.statusCode === 200;
      createInterface({ input: response })
        .on('line', (line) => (isGood ? onLine(line) : refused.push(line)))
        .once('error', reject)
        .once('close', () => {
          if (isGood) return resolve();
          reject(refusalIn(refused.join('\n')));
        });
    });
    asked.once('timeout', () => asked.destroy(new Error(`it says nothing for ${patience! / 1_000} s`)));
    asked.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        AWAY.has(error.code ?? '')
          ? new NoBastion(at)
          : new CliError('unreachable', `The bastion ${placeOf(at)} cannot be asked: ${error.message}.`, mayAsk(at)),
      ),
    );
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** An answer that is one line of JSON. */
export async function askBastion<T>(at: BastionAt, asked: Omit<Asked, 'onLine'>): Promise<T> {
  let answer = '';
  await ask(at, { ...asked, onLine: (line) => (answer = line) });
  return JSON.parse(answer) as T;
}

interface Line {
  readonly progress?: unknown;
  readonly done?: unknown;
  readonly error?: { readonly message: string };
}

/** Has the bastion do something that takes long; resolves to what came of it. Throws CliError with the bastion's reason. */
export async function haveDone<Done, Progress = never>(
  at: BastionAt,
  path: string,
  body: object,
  onProgress: (progress: Progress) => void,
): Promise<Done> {
  let last: Line = {};
  const onLine = (line: string) => {
    last = JSON.parse(line) as Line;
    if (last.progress !== undefined) onProgress(last.progress as Progress);
  };
  await ask(at, { method: 'POST', path, body, onLine });
  if (last.error) throw new CliError('failed', `${last.error.message}.`.replace(/\.\.$/, '.'));
  if (last.done === undefined)
    throw new CliError(
      'unreachable',
      'The bastion ended in the middle.',
      'Begin again: what it has is not loaded twice.',
    );
  return last.done as Done;
}

interface BastionEvent {
  readonly event: string;
  readonly id: string;
  readonly data: unknown;
}

/** Server-sent events as they come. Throws NoBastion when they end early, and CliError. */
export async function* followBastion(at: BastionAt, path: string): AsyncGenerator<BastionEvent> {
  const left = new AbortController();
  const events: BastionEvent[] = [];
  let fields: Record<string, string> = {};
  let wake = () => {};
  let ended: { error: unknown } | undefined;
  const onLine = (line: string) => {
    const [, name, value] = /^(event|id|data): (.*)$/.exec(line) ?? [];
    if (name !== undefined) fields[name] = value!;
    if (line !== '' || fields['data'] === undefined) return;
    const { event = '', id = '', data } = fields;
    events.push({ event, id, data: JSON.parse(data) as unknown });
    fields = {};
    wake();
  };
  ask(at, { method: 'GET', path, onLine, signal: left.signal })
    .then(
      () => (ended = { error: new NoBastion(at) }),
      (error: unknown) => (ended = { error: error instanceof CliError ? error : new NoBastion(at) }),
    )
    .finally(() => wake());
  try {
    for (;;) {
      yield* events.splice(0);
      if (ended && events.length === 0) throw ended.error;
      if (events.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    left.abort();
  }
}
