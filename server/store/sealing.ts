// Seals the change log as long as labd runs, and knows what is wrong with it: changes that stay unsealed, times that have
// not come yet, and seals that are not those that were there before. Ages are counted by this process's own clock.
import { SLACK } from './append.ts';
import { repeat, type Repetition } from './repeat.ts';
import { seal } from './seals.ts';
import type { Database } from './types.ts';

/** How often labd looks whether there is something to seal, milliseconds; and when it knows of nothing. */
const EVERY = 1_000;
const WITHOUT_NEWS = 10_000;
/**
 * Milliseconds after which a refusal is closed. Its count is raised when it repeats within the minute that it was made
 * in, by whichever labd made it; only then is it sealed, and what comes after it.
 */
const SETTLED = 120_000;
/** Milliseconds after which it is told that a change is still not sealed. */
const TOO_LONG = 300_000;

/** The log as one look finds it. */
export interface Look {
  readonly rev: bigint;
  readonly compacted: bigint;
  /** The time of the newest change, and the time now, by the database's clock */
  readonly at: Date;
  readonly now: Date;
  /** The last seal; null where there is none */
  readonly sealed: bigint | null;
  readonly hash: string | null;
  /** The hash now of the seal that was the last one at the look before; null where it is gone */
  readonly earlier: string | null;
}

/** What successive looks at the log tell. */
export class LogWatch {
  readonly #elapsed: () => number;
  /** Which revision was the newest when */
  #seen: { rev: bigint; at: number }[] = [];
  /** The first revision that is not sealed, and since when it is known not to be */
  #unsealed: { rev: bigint; since: number } | undefined;
  /** The last seal of the look before */
  #last: { rev: bigint; hash: string } | undefined;
  #future = '';
  #changed = '';

  /** `elapsed` is in milliseconds, and never set. */
  constructor(elapsed: () => number) {
    this.#elapsed = elapsed;
  }

  /** The seal whose hash a look is to ask for again. */
  get known(): bigint {
    return this.#last?.rev ?? 0n;
  }

  /** Revisions up to here were there two minutes ago: their refusals may be closed. */
  get settled(): bigint {
    const before = this.#elapsed() - SETTLED;
    return this.#seen.findLast(({ at }) => at <= before)?.rev ?? 0n;
  }

  look({ rev, compacted, at, now, sealed, hash, earlier }: Look): void {
    const elapsed = this.#elapsed();
    const newest = this.#seen.at(-1)?.rev ?? -1n;
    if (rev > newest) this.#seen.push({ rev, at: elapsed });
    const enough = this.#seen.findLastIndex((one) => one.at <= elapsed - SETTLED);
    this.#seen = this.#seen.slice(Math.max(0, enough));
    const next = (sealed ?? 0n) + 1n;
    if (rev < next) this.#unsealed = undefined;
    else if (this.#unsealed?.rev !== next) this.#unsealed = { rev: next, since: elapsed };
    const ahead = at.getTime() - now.getTime();
    this.#future =
      ahead > SLACK * 1000
        ? `The newest change, revision ${rev}, bears ${at.toISOString()}, and by the database's clock it is ${now.toISOString()}: that clock was set wrong then, or is now.`
        : '';
    if (rev < newest)
      this.#changed = `The change log ended at revision ${newest} and now ends at ${rev}: run lab audit verify.`;
    const last = this.#last;
    if (last && last.rev >= compacted && earlier !== last.hash)
      this.#changed = `The seal at revision ${last.rev} is not the one that this labd saw there: run lab audit verify.`;
    this.#last = sealed === null || hash === null ? undefined : { rev: sealed, hash };
  }

  /** Sentences; none when all is well. */
  problems(): string[] {
    const since = this.#unsealed && this.#elapsed() - this.#unsealed.since;
    const unsealed =
      since !== undefined && since > TOO_LONG
        ? `Changes from revision ${this.#unsealed!.rev} on have not been sealed for ${Math.floor(since / 60_000)} minutes: who changes them now is not found out. labd's log says why.`
        : '';
    return [unsealed, this.#future, this.#changed].filter((one) => one !== '');
  }
}

async function lookAt({ prisma }: Database, known: bigint): Promise<Look> {
  const [row] = await prisma.$queryRaw<[Look]>`
    SELECT h.rev, h.compacted, h.at, clock_timestamp() AS now, s.up_to AS sealed, s.hash,
           (SELECT hash FROM seal WHERE up_to = ${known}) AS earlier
      FROM head h LEFT JOIN (SELECT up_to, hash FROM seal ORDER BY up_to DESC LIMIT 1) s ON true WHERE h.id = 1`;
  return row;
}

/**
 * Seals what is written as long as labd runs. What is wrong meanwhile is among `problemsOf` the database. `onLook` is
 * told what time it is by the database's clock, every ten seconds or more often.
 */
export function keepSealing(db: Database, onLook: (now: Date) => void = () => {}): Repetition {
  const { elapsed } = db.system;
  const watch = new LogWatch(elapsed);
  let news = true;
  let lastLook = 0;
  const unlisten = db.onWrite(() => (news = true));
  const problems = () => watch.problems();
  db.internal.problems.add(problems);
  const repetition = repeat(EVERY, db.logger, 'The change log cannot be sealed now', async () => {
    // Other labds seal what they write themselves; this is for what one of them left behind, and for refusals.
    if (!news && elapsed() - lastLook < WITHOUT_NEWS) return;
    news = false;
    lastLook = elapsed();
    const found = await lookAt(db, watch.known);
    watch.look(found);
    onLook(found.now);
    if (found.rev > (found.sealed ?? 0n)) await seal(db, watch.settled);
  });
  return {
    async stop() {
      unlisten();
      db.internal.problems.delete(problems);
      await repetition.stop();
    },
  };
}

/** What is wrong with a database that answers, a sentence each. */
export const problemsOf = (db: Database): string[] => [...db.internal.problems].flatMap((of) => of());
