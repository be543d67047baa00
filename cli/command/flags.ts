// Kinds of flags that several commands take.
import * as Flags from '@oclif/core/flags';

/** A value that a flag of ours does not take. oclif writes over the message of what a flag's parser throws. */
export class WrongFlagValue extends Error {
  readonly flag: string;
  readonly value: string;
  readonly expected: string;

  constructor(flag: string, value: string, expected: string) {
    super();
    this.flag = flag;
    this.value = value;
    this.expected = expected;
  }
}

interface Range {
  readonly min?: number;
  readonly max?: number;
}

/** What a whole number in a range is, in words. */
function expected({ min, max }: Range, number: number): string | undefined {
  if (Number.isNaN(number)) return 'an integer';
  if (min !== undefined && number < min) return `an integer greater than or equal to ${min}`;
  return max !== undefined && number > max ? `an integer less than or equal to ${max}` : undefined;
}

/** A whole number. oclif's own says what is wrong with a value in its message alone. */
export const integer = Flags.custom<number, { min?: number; max?: number }>({
  parse(input, _context, { name, ...range }) {
    const number = /^-?\d+$/.test(input) ? Number.parseInt(input, 10) : Number.NaN;
    const wanted = expected(range, number);
    return wanted === undefined ? Promise.resolve(number) : Promise.reject(new WrongFlagValue(name, input, wanted));
  },
});

const SHARE = /^(\d+(?:\.\d+)?)(%?)$/;

/** A share of a whole, in per cent or as a number from 0 to 1. */
export const share = Flags.custom<number>({
  parse(input, _context, { name }) {
    const [, number, perCent] = SHARE.exec(input) ?? [];
    const value = Number(number) / (perCent === '%' ? 100 : 1);
    return value >= 0 && value <= 1
      ? Promise.resolve(value)
      : Promise.reject(new WrongFlagValue(name, input, 'a share: write one from 0% to 100%, or from 0 to 1'));
  },
});
