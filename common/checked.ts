// What a check answers: the value as it is kept, or all that is wrong with it.
import { InvalidInput } from './userError.ts';

export type Checked<T> = { readonly value: T } | { readonly problems: readonly InvalidInput[] };

export const right = <T>(value: T): Checked<T> => ({ value });

/** One mistake: in which field, what is wrong, and how it is written right. */
export const wrong = (field: string, message: string, remedy: string): Checked<never> => ({
  problems: [new InvalidInput(field, message, remedy)],
});

/** All that is wrong; nothing when it is right. */
export const problemsOf = (checked: Checked<unknown>): readonly InvalidInput[] =>
  'problems' in checked ? checked.problems : [];

/** The value of what is right. Throws the first mistake of what is not. */
export function demandRight<T>(checked: Checked<T>): T {
  if ('problems' in checked) throw checked.problems[0]!;
  return checked.value;
}

/** All of them, when all are right; else all that is wrong with any. */
export function allRight<T>(all: readonly Checked<T>[]): Checked<T[]> {
  const problems = all.flatMap(problemsOf);
  return problems.length > 0 ? { problems } : right(all.flatMap((one) => ('value' in one ? [one.value] : [])));
}
