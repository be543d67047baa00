// The thread that PGlite runs in, seen from outside: start, ask, notice its end.
import { Worker } from 'node:worker_threads';

/** What the thread is told at its start; see worker.mjs. */
export interface ThreadOptions {
  dataDir: string;
  /** The unix socket to serve, or none. */
  socket: string | null;
  /** A tar (.tar.gz) to fill the directory from, which must not exist yet. */
  seed: string | null;
  /** The id that the change log goes on under, when what is opened is older than what was seen. */
  newLog: string | null;
  /** Read every row once: finds torn pages. */
  verify: boolean;
}

/** What a database holds. */
export interface Facts {
  /** Of its change log, in decimal. */
  readonly revision: string;
  /** Of each table, the number of its rows and a sum over their contents. */
  readonly tables: Readonly<Record<string, string>>;
}

/** What a database held when a snapshot of it was taken. */
interface Held extends Facts {
  readonly settled: number;
}

export interface Thread {
  /** The first transaction that may not have ended when it was opened: of those before, the files say what became of them. */
  readonly settled: number;
  /** Resolves to what the snapshot must hold; to null when nothing had changed since the last one (and `force` was not given). */
  snapshot(path: string, force: boolean): Promise<Held | null>;
  facts(): Promise<Facts>;
  /** Closes the database and makes the directory durable. */
  close(): Promise<void>;
  terminate(): Promise<void>;
  /** Resolves when the thread has ended, to the reason it gave, if any. */
  readonly ended: Promise<string | null>;
}

/** The directory (or seed) did not open. `code` is that of the file system's error, if it was one. */
export class OpenFailed extends Error {
  override readonly name = 'OpenFailed';
  readonly code: string | null;
  constructor(message: string, code: string | null) {
    super(message);
    this.code = code;
  }
}

type Message =
  | { type: 'ready'; settled: number }
  | { type: 'failed'; code: string | null; message: string }
  | { type: 'broken'; message: string }
  | { type: 'answer'; id: number; result?: Facts | Held | null; error?: string };

/** How long an engine may take to open a directory; milliseconds. Recovery replays at most a few log segments. */
const OPENING = 120_000;

/** Starts a thread; resolves when it serves. Throws OpenFailed. */
export function startThread(options: ThreadOptions): Promise<Thread> {
  // Beside this file in the checkout, beside the bundle in a build.
  const worker = new Worker(new URL('./worker.mjs', import.meta.url), {
    workerData: options,
    execArgv: [],
    stdout: true,
    stderr: true,
  });
  let reason: string | null = null;
  let said = '';
  // PostgreSQL's own words: what it says last tells why it would not open.
  for (const stream of [worker.stdout, worker.stderr])
    stream.on('data', (text: Buffer) => (said = (said + String(text)).slice(-2_000)));
  let over = false;
  const waiting = new Map<number, { resolve(result: Facts | Held | null): void; reject(error: Error): void }>();
  const ended = new Promise<string | null>((resolve) => {
    worker.once('exit', () => {
      over = true;
      for (const { reject } of waiting.values()) reject(new Error(reason ?? 'The database thread ended'));
      waiting.clear();
      resolve(reason);
    });
  });
  let next = 1;
  const ask = (op: 'snapshot' | 'facts' | 'close', path = '', force = false): Promise<Facts | Held | null> =>
    new Promise((resolve, reject) => {
      if (over) return reject(new Error(reason ?? 'The database thread ended'));
      const id = next++;
      waiting.set(id, { resolve, reject });
      worker.postMessage({ id, op, path, force });
    });
  const served = (settled: number): Thread => ({
    settled,
    snapshot: (path, force) => ask('snapshot', path, force) as Promise<Held | null>,
    facts: async () => (await ask('facts'))!,
    close: async () => {
      await ask('close');
      await ended;
    },
    terminate: async () => {
      await worker.terminate();
    },
    ended,
  });
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new OpenFailed(`no answer within ${OPENING / 1000} s`, 'ETIMEDOUT'));
      void worker.terminate();
    }, OPENING);
    const failed = (message: string, code: string | null) => {
      clearTimeout(timer);
      reject(new OpenFailed(said.trim() === '' ? message : `${message}\n${said.trim()}`, code));
    };
    worker.on('error', (error) => {
      reason = error.stack ?? error.message;
      failed(reason, (error as NodeJS.ErrnoException).code ?? null);
    });
    void ended.then((why) => failed(why ?? 'the thread ended', null));
    worker.on('message', (message: Message) => {
      if (message.type === 'ready') {
        clearTimeout(timer);
        resolve(served(message.settled));
      } else if (message.type === 'failed') failed(message.message, message.code);
      else if (message.type === 'broken') reason = message.message;
      else {
        const one = waiting.get(message.id);
        waiting.delete(message.id);
        if (message.error === undefined) one?.resolve(message.result ?? null);
        else one?.reject(new Error(message.error));
      }
    });
  });
}
