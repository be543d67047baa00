// A pg client that makes PostgreSQL behave like CockroachDB where the two differ to us: everything is SERIALIZABLE,
// statements and COMMIT fail with 40001 now and then, and what CockroachDB lacks is refused.
import pg from 'pg';
import type { ClientClass } from '../../server/store/client.ts';

export interface Behaviour {
  /** Of a hundred statements in transactions, and of a hundred COMMITs, how many fail. Default 2 and 5. */
  statements?: number;
  commits?: number;
  /** Where the randomness starts. Default 7. */
  seed?: number;
  /** Failures in a row after which one is let through, so that twelve tries always suffice. Default 4. */
  inARow?: number;
}

const LACKING: readonly [RegExp, string][] = [
  [/^\s*(LISTEN|UNLISTEN|NOTIFY)\b|\bpg_notify\s*\(/i, 'LISTEN and NOTIFY'],
  [/\bpg_(try_)?advisory_\w+\s*\(/i, 'advisory locks'],
  [/^\s*DO\b/i, 'DO blocks'],
  [/\bCREATE\s+(OR\s+REPLACE\s+)?(CONSTRAINT\s+)?TRIGGER\b/i, 'triggers'],
  [/\bCOLLATE\b/i, 'COLLATE'],
  [/\bTRUNCATE\b/i, 'TRUNCATE (in tests it stalls)'],
  [/\b(pg_current_xact_id|pg_current_snapshot|pg_snapshot_xmin|txid_current\w*|xmin|xmax)\b/i, 'transaction ids'],
  [/\bPARTITION\s+(BY\s+(RANGE|LIST|HASH)|OF)\b/i, 'partitions as PostgreSQL writes them'],
  [/::jsonb?\)?\s*(<=|>=|<|>)(?!@|\s*@)|#>\s*\S+\s*\)?::jsonb?\s*(<|>)/i, 'comparing JSON'],
  [/\bINTEGER\b|\bSERIAL\b|\bAUTOINCREMENT\b/i, 'INTEGER of four bytes (say INT4)'],
];

/** A class for openDatabase's `Client`. Its failures are the same in every run of the same statements. */
export function cockroachLike(behaviour: Behaviour = {}): ClientClass {
  const { statements = 2, commits = 5, inARow = 4 } = behaviour;
  const random = mulberry(behaviour.seed ?? 7);
  let failed = 0;
  const fails = (percent: number) => {
    if (random() * 100 >= percent || failed >= inARow) {
      failed = 0;
      return false;
    }
    failed += 1;
    return true;
  };

  class CockroachLike extends pg.Client {
    private inside = false;

    override query(...args: unknown[]): never {
      const send = (all: unknown[]) => (super.query as (...every: unknown[]) => never)(...all);
      const [first] = args as [string | { text?: string }];
      const text = typeof first === 'string' ? first : first.text;
      if (text === undefined) return send(args);
      const lacking = LACKING.find(([pattern]) => pattern.test(withoutQuotes(text)));
      if (lacking !== undefined) return this.answer(args, refusal('0A000', `unimplemented: ${lacking[1]}`));
      if (/^\s*(BEGIN|START TRANSACTION)/i.test(text)) {
        this.inside = true;
        return send(
          replaced(args, `BEGIN ISOLATION LEVEL SERIALIZABLE${/READ ONLY/i.test(text) ? ', READ ONLY' : ''}`),
        );
      }
      if (/^\s*SELECT version\(\)/i.test(text))
        return send(replaced(args, "SELECT 'CockroachDB (PostgreSQL in disguise)' AS version"));
      if (/^\s*SHOW default_transaction_isolation/i.test(text))
        return send(replaced(args, "SELECT 'serializable' AS default_transaction_isolation"));
      if (/^\s*SET TRANSACTION ISOLATION LEVEL/i.test(text))
        return send(replaced(args, 'SET TRANSACTION ISOLATION LEVEL SERIALIZABLE'));
      if (/^\s*ROLLBACK\s*$/i.test(text)) this.inside = false;
      if (/^\s*COMMIT/i.test(text)) {
        this.inside = false;
        if (fails(commits)) {
          void (send(['ROLLBACK']) as Promise<unknown>).catch(() => {});
          return this.answer(args, restart());
        }
      } else if (this.inside && !/^\s*SET\b/i.test(text) && fails(statements)) {
        // As the server would: the transaction is dead until ROLLBACK.
        void (send(['SELECT 1/0']) as Promise<unknown>).catch(() => {});
        return this.answer(args, restart());
      }
      return send(args);
    }

    /** An error, in the way that the caller asked for results: a callback or a promise. */
    private answer(args: unknown[], error: Error): never {
      const callback = args.findLast((arg) => typeof arg === 'function') as ((error: Error) => void) | undefined;
      if (callback === undefined) return Promise.reject(error) as never;
      setImmediate(() => callback(error));
      return undefined as never;
    }
  }
  return CockroachLike;
}

function replaced(args: unknown[], text: string): unknown[] {
  const [first, ...rest] = args;
  return typeof first === 'string' ? [text, ...rest] : [{ ...(first as object), text, values: [] }, ...rest];
}

/** Names and texts may say anything. */
const withoutQuotes = (sql: string) => sql.replace(/'(?:[^']|'')*'|"(?:[^"]|"")*"/g, "''");

const restart = () => refusal('40001', 'restart transaction: TransactionRetryWithProtoRefreshError: injected');

function refusal(code: string, message: string): Error {
  return Object.assign(new Error(message), { code, severity: 'ERROR' });
}

/** A small random generator with a seed. */
function mulberry(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
