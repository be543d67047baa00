// Hostile cases as a table: each row is a request that means harm, has its exact code, and costs an ordinary query
// beside it less than ten times its usual time.
import { expect, test } from 'vitest';
import { shareBystander } from './bystander.ts';
import type { Answered, Target } from './support.ts';

/** A request that labd is to answer by a code. */
export interface HostileCase {
  /** What is sent, as the beginning of a sentence, such as "A filter of 2,000 terms" */
  readonly name: string;
  /** Sends it once; `n` is how often it was sent before, for what may be sent only once as it is */
  readonly attack: (n: number) => Promise<Pick<Answered, 'code'> & Partial<Answered>>;
  /** The code of its first error; undefined where it is answered as asked */
  readonly code: string | undefined;
  /** The status of each answer, where it matters */
  readonly status?: number;
  /** More that must hold of each answer */
  readonly also?: (answer: Partial<Answered>) => void | Promise<void>;
}

/** Queries that the bystander asks during each case: enough for a middle that one pause does not move. */
const QUERIES = 15;

/** How many of a case's requests are on their way at once: more of what is refused; of what is answered one after another. */
const AT_ONCE = { refused: 2, answered: 1 };

/** Makes a test of each row, against the labd that a file shares, with somebody else asking beside it. */
export function hostileCases(target: Target, rows: readonly HostileCase[]): void {
  const bystander = shareBystander(() => target.labd);
  test.each(rows.map((row) => [row.name, row.code ?? 'what it asks for', row] as const))(
    '%s gets %s, and nobody else waits for it',
    async (_name, _code, { attack, code, status, also }) => {
      let sent = 0;
      const once = async () => {
        const answer = await attack(sent++);
        expect(answer.code, answer.text?.slice(0, 1_000)).toBe(code);
        if (status !== undefined) expect(answer.status).toBe(status);
        await also?.(answer);
      };
      await bystander.beside(
        () => Promise.all(Array.from({ length: code === undefined ? AT_ONCE.answered : AT_ONCE.refused }, once)),
        QUERIES,
      );
    },
  );
}
