// A mistake of whoever asks for something: what is wrong, and how it is mended.

/** A mistake of the caller's: what happened, to which object, and what to do next. */
export abstract class UserError extends Error {
  /** What to type or change next, one sentence. */
  readonly remedy: string;
  /** The error's type in the graph; written out, since a bundler may rename classes. */
  abstract override readonly name: string;

  protected constructor(message: string, remedy: string) {
    super(message);
    this.remedy = remedy;
  }
}

/** A field of the input that cannot be accepted as it is. */
export class InvalidInput extends UserError {
  override readonly name = 'InvalidInput';

  /** Path of the field as the caller wrote it, such as `input.cidr`. */
  readonly field: string;

  constructor(field: string, message: string, remedy: string) {
    super(message, remedy);
    this.field = field;
  }
}

/** The input is fine by itself, but not with what is there already or with the object's state. */
export class Conflict extends UserError {
  override readonly name = 'Conflict';

  /** Which one, for programs, if it is one that they should tell from others */
  readonly code: string | null;

  constructor(message: string, remedy: string, code: string | null = null) {
    super(message, remedy);
    this.code = code;
  }
}
