// Hints between labd on one server: whoever wrote tells the others, which look at once rather than at their next poll.
//
// A hint may be lost, and polling makes it right. The client that hints come over also feels whether the server is still
// there: one that hangs keeps its connections open and answers nothing, so that whoever asked would wait for ever.
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { StoreLogger } from '../../common/logger.ts';
import type { System } from '../../common/system.ts';
import type { ClientClass } from './client.ts';
import type { EngineName } from './migrate.ts';

export interface HintsOptions {
  readonly url: string;
  readonly engine: Exclude<EngineName, 'embedded'>;
  readonly logger: StoreLogger;
  readonly system: Pick<System, 'elapsed' | 'uuid'>;
  readonly Client?: ClientClass | undefined;
  /** Another labd wrote, or something may have been missed. */
  onHint(): void;
  /** The server has said nothing for some seconds: what waits for it is to be let go. */
  onHung(): void;
}

export interface Hints {
  /** Tells the others; many calls at once are one. */
  tell(): void;
  stop(): Promise<void>;
}

/** What differs between the engines: what begins to listen, what is asked again and again, and how often (milliseconds). */
interface Manner {
  readonly begin: string | null;
  readonly ask: string;
  readonly every: number;
  readonly tell: string | null;
}

const CHANNEL = 'labd_wrote';

const MANNERS: Readonly<Record<HintsOptions['engine'], Manner>> = {
  postgres: { begin: `LISTEN ${CHANNEL}`, ask: 'SELECT 1', every: 1_000, tell: `SELECT pg_notify('${CHANNEL}', $1)` },
  // It has no LISTEN: one row is read, 0.6 ms each time, which hears of a write as a change of the head.
  cockroach: { begin: null, ask: 'SELECT rev FROM head WHERE id = 1', every: 100, tell: null },
};

/** Milliseconds without an answer after which the server hangs; twice, since a labd that stood still itself is late as well. */
const SILENCE = 3_000;
/** Between two tries to connect, milliseconds. */
const AGAIN = { first: 200, most: 5_000 };

export function startHints({ url, engine, logger, system, Client = pg.Client, ...to }: HintsOptions): Hints {
  const manner = MANNERS[engine];
  /** Who we are, so that nobody is woken by itself. */
  const self = system.uuid();
  const stopping = new AbortController();
  let current: pg.Client | undefined;
  let untold = false;
  let telling = false;

  /** Resolves when the client has ended; throws when it cannot connect. */
  async function listen(): Promise<void> {
    const client = new Client({
      connectionString: url,
      connectionTimeoutMillis: SILENCE,
      application_name: 'labd hints',
    });
    const ended = new Promise<void>((resolve) => {
      client.once('end', resolve);
      client.once('error', () => resolve());
    });
    client.on('error', () => {});
    client.on('notification', ({ payload }) => {
      if (payload !== self) to.onHint();
    });
    try {
      await client.connect();
      if (manner.begin !== null) await client.query(manner.begin);
      current = client;
      // Whatever was told while nobody listened is missed.
      to.onHint();
      if (untold) void tell();
      await Promise.race([ended, ask(client)]);
    } finally {
      current = undefined;
      destroy(client);
    }
  }

  /** Asks again and again; ends when no answer comes. */
  async function ask(client: pg.Client): Promise<void> {
    let last: unknown;
    for (;;) {
      const answer = client.query<{ rev?: string }>(manner.ask).then(
        ({ rows }) => rows[0]?.rev,
        (error: unknown) => Promise.reject(error as Error),
      );
      answer.catch(() => {});
      let silent = 0;
      while ((await Promise.race([answer.then(() => true), sleep(SILENCE, false)])) === false) {
        silent += 1;
        if (silent < 2) continue;
        logger.warn({ silence: 2 * SILENCE }, 'The database says nothing any more: what waits for it is let go');
        to.onHung();
        return;
      }
      const now = await answer;
      // The first one, too: what was written since the connection was made is not told otherwise.
      if (now !== last) to.onHint();
      last = now;
      await sleep(manner.every, undefined, { signal: stopping.signal });
    }
  }

  async function run(): Promise<void> {
    let pause = AGAIN.first;
    while (!stopping.signal.aborted) {
      const begun = system.elapsed();
      await listen().catch(() => {});
      if (system.elapsed() - begun > AGAIN.most) pause = AGAIN.first;
      await sleep(pause, undefined, { signal: stopping.signal }).catch(() => {});
      pause = Math.min(pause * 2, AGAIN.most);
    }
  }
  const running = run();

  async function tell(): Promise<void> {
    telling = true;
    while (untold && current !== undefined && manner.tell !== null) {
      untold = false;
      await current.query(manner.tell, [self]).catch(() => {});
    }
    telling = false;
  }
  return {
    tell() {
      untold = true;
      if (!telling) void tell();
    },
    async stop() {
      stopping.abort();
      if (current !== undefined) destroy(current);
      await running;
    },
  };
}

/** Ends a connection without waiting for a server that may not answer. */
export function destroy(client: pg.ClientBase): void {
  (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
}
