// What labd answers when a change cannot be made, as failures of the command line.
import { CliError, type exits } from '../terminal/errors.ts';
import type { Result } from './kind.ts';
import { harmless } from '../terminal/text.ts';

const codes: Record<string, keyof typeof exits> = { NotFound: 'notFound', Forbidden: 'forbidden' };

/** How the fields of an input were typed, by their names: `--cidr`, `-f rack.graphql`, `NAME`. */
export type Typed = Readonly<Record<string, string>>;

/** The flags that were given, where they are called as the fields of the input are. */
export const typedFlags = (flags: object): Typed =>
  Object.fromEntries(
    Object.entries(flags)
      .filter(([, value]) => value !== undefined)
      .map(([name]) => [name, `--${name}`]),
  );

/** A mutation's answer, when it is of the type that says it was done; throws its problem otherwise. */
export function orProblem<A extends { __typename: string }, T extends A['__typename']>(
  answer: A,
  type: T,
  typed: Typed = {},
): Extract<A, { __typename: T }> {
  if (answer.__typename !== type) objectOf(answer as never, typed);
  return answer as Extract<A, { __typename: T }>;
}

/**
 * The object that a mutation answered with; throws its problem, with what was typed for the field that it is about, or
 * that field's name: nobody looks for a flag that was not given.
 */
export function objectOf(result: Result['result'], typed: Typed = {}): { id: string; name: string } {
  if (!('message' in result)) return result;
  const problem = result;
  const field = problem.field?.split('.')[1];
  const where = field === undefined ? '' : `${typed[field] ?? problem.field!.replace(/^input\./, '')}: `;
  throw new CliError(
    codes[problem.__typename] ?? 'failed',
    harmless(`${where}${problem.message}`),
    harmless(problem.remedy),
  );
}
