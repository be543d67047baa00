// What labd answers when a change cannot be made, as failures of the command line.
import { CliError, type exits } from '../terminal/errors.ts';
import type { CreateFlag, Result } from './kind.ts';
import { harmless } from '../terminal/text.ts';

const codes: Record<string, keyof typeof exits> = { NotFound: 'notFound', Forbidden: 'forbidden' };

/** A mutation's answer, when it is of the type that says it was done; throws its problem otherwise. */
export function orProblem<A extends { __typename: string }, T extends A['__typename']>(
  answer: A,
  type: T,
): Extract<A, { __typename: T }> {
  if (answer.__typename !== type) objectOf(answer as never);
  return answer as Extract<A, { __typename: T }>;
}

/** The object that a mutation answered with; throws its problem, with the flag that it is about. */
export function objectOf(
  result: Result['result'],
  flags: Readonly<Record<string, CreateFlag>> = {},
): { id: string; name: string } {
  if (!('message' in result)) return result;
  const problem = result;
  const field = problem.field?.split('.')[1];
  const flag = Object.entries(flags).find(([, { field: one }]) => one === field)?.[0] ?? field;
  throw new CliError(
    codes[problem.__typename] ?? 'failed',
    harmless(`${flag ? `--${flag}: ` : ''}${problem.message}`),
    harmless(problem.remedy),
  );
}
