// The order that the change log must have: revisions without a gap, and what goes with them.
import { SLACK } from './append.ts';
import type { Change } from './generated/client.ts';

/** What is wrong with the log. */
export type Fault =
  | 'ROW_CHANGED'
  | 'ROW_MISSING'
  | 'ROW_ADDED'
  | 'ROWS_REORDERED'
  | 'SEAL_CHANGED'
  | 'LINK_MISSING'
  | 'TRIMMED_TOO_EARLY'
  | 'ANCHOR_BROKEN'
  | 'ANCHOR_TRIMMED';

/** Something that is wrong, and after which revision and up to which it lies. */
export interface Problem {
  readonly fault: Fault;
  readonly after: bigint;
  readonly upTo: bigint;
  /** A sentence */
  readonly message: string;
}

/** Ends a verification. */
export class Wrong extends Error {
  override readonly name = 'Wrong';
  readonly problem: Problem;

  constructor(fault: Fault, after: bigint, upTo: bigint, message: string) {
    super(message);
    this.problem = { fault, after, upTo, message };
  }
}

/** Changes one by one, each held to the one before it. */
export class InOrder {
  readonly #source: AsyncGenerator<Change, void>;
  #rev: bigint;
  #next: Change | undefined;
  #previous: Change | undefined;
  #reordered: Wrong | undefined;

  constructor(source: AsyncGenerator<Change, void>, after: bigint) {
    this.#source = source;
    this.#rev = after;
  }

  /** The next change up to a revision; undefined when all of them were given. Throws Wrong when one is not there. */
  async next(upTo: bigint): Promise<Change | undefined> {
    const expected = this.#rev + 1n;
    if (expected > upTo) return undefined;
    const change = (this.#next ??= (await this.#source.next()).value ?? undefined);
    if (change === undefined) throw missing(expected, upTo);
    if (change.rev !== expected) throw missing(expected, change.rev - 1n);
    if (this.#previous && !follows(this.#previous, change)) this.#reordered ??= reordered(change.rev);
    this.#previous = change;
    this.#next = undefined;
    this.#rev = change.rev;
    return change;
  }

  /** Throws Wrong when one of those given cannot have come after the one before it. */
  check(): void {
    if (this.#reordered) throw this.#reordered;
  }
}

/**
 * The changes of one transaction are counted from 1 on. Time goes back only when the clock was set back by more than
 * `append` bridges.
 */
function follows(previous: Change, change: Change): boolean {
  const back = previous.at.getTime() - change.at.getTime();
  if (back > 0 && back <= SLACK * 1000) return false;
  return change.txId === previous.txId ? change.n === previous.n + 1 : change.n === 1;
}

const reordered = (rev: bigint): Wrong =>
  new Wrong(
    'ROWS_REORDERED',
    rev - 2n,
    rev,
    `Revision ${rev} cannot have come after ${rev - 1n}: changes were put in another order.`,
  );

const missing = (first: bigint, last: bigint): Wrong =>
  new Wrong(
    'ROW_MISSING',
    first - 1n,
    last,
    first === last ? `Revision ${first} is not there.` : `Revisions ${first} to ${last} are not there.`,
  );
