// How long ago, where an operation gives a moment: what it is counted from is the time of whoever answers.
import { GraphQLError } from 'graphql';
import { hasFourDigitYear, OTHER_YEARS } from '../../common/moment.ts';

/** So many milliseconds before now. By itself it is no date, so that whoever counts it from no time refuses it. */
export class Ago extends Date {
  readonly milliseconds: number;

  constructor(milliseconds: number) {
    super(Number.NaN);
    this.milliseconds = milliseconds;
  }
}

/** The moment that is meant at `now`, milliseconds; `path` names it where there is none such. */
export function momentAt(given: Date, now: number, path: string): Date {
  const at = given instanceof Ago ? now - given.milliseconds : given.getTime();
  if (hasFourDigitYear(at)) return new Date(at);
  throw new GraphQLError(`"${path}" ${OTHER_YEARS}.`, { extensions: { code: 'BAD_USER_INPUT' } });
}
