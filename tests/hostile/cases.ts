// Hostile cases as a table: each row is a request that means harm, has its exact code, and costs an ordinary query
// beside it less than ten times its usual time. The tables are in the folder beside this file.
import { expect, test } from 'vitest';
import { shareBystander, type Asked, type Bystander } from './bystander.ts';

/** What came of it. */
export interface Outcome {
  /** The code of GraphQL's first error, of a WebSocket's close, or the type that a mutation answers with instead */
  readonly code?: string | number | undefined;
  /** That of HTTP */
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly text?: string;
}

/** A request that is to be answered by a code. */
export interface HostileCase {
  /** What is sent, as the beginning of a sentence, such as "A filter of 2,000 terms" */
  readonly name: string;
  /** Sends it once; `n` is how often it was sent before, for what may be sent only once as it is */
  readonly attack: (n: number) => Promise<Outcome>;
  /** The code that it gets; undefined where it is answered as asked, or refused by a status alone */
  readonly code: Outcome['code'];
  /** The status of each answer, where it matters */
  readonly status?: number;
  /** More that must hold of each answer */
  readonly also?: (answer: Outcome) => unknown;
}

/** Queries that the bystander asks during each case: enough for a middle that one pause does not move. */
const QUERIES = 9;

/** How many of a case's requests are on their way at once: more of what is refused; of what is answered one after another. */
const AT_ONCE = { refused: 2, answered: 1 };

/** The word by which a case is refused. */
const refusalOf = ({ code, status }: HostileCase) =>
  code ?? (status !== undefined && status >= 400 ? status : undefined);

/** Makes a test of each row, with somebody else asking an ordinary thing beside it. */
export function casesBeside(bystander: Pick<Bystander, 'beside'>, rows: readonly HostileCase[]): void {
  test.each(rows.map((row) => [row.name, refusalOf(row) ?? 'what it asks for', row] as const))(
    '%s gets %s, and nobody else waits for it',
    async (_name, _code, row) => {
      const { attack, code, status, also } = row;
      let sent = 0;
      const once = async () => {
        const answer = await attack(sent++);
        expect(answer.code, answer.text?.slice(0, 1_000)).toBe(code);
        if (status !== undefined) expect(answer.status).toBe(status);
        await also?.(answer);
      };
      const atOnce = refusalOf(row) === undefined ? AT_ONCE.answered : AT_ONCE.refused;
      await bystander.beside(() => Promise.all(Array.from({ length: atOnce }, once)), QUERIES);
    },
  );
}

/** The same against the labd that a file shares, with an ordinary query of its fleet beside. */
export function hostileCases(target: { readonly labd: Asked }, rows: readonly HostileCase[]): void {
  casesBeside(
    shareBystander(() => target.labd),
    rows,
  );
}
