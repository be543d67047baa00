// Errors that are the caller's to fix, with a message and a remedy. Anything else that is thrown is a bug, which callers
// see masked and the log has whole.

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

/** labd has no key to encrypt a secret with. */
export class NoSecretKey extends Conflict {
  constructor() {
    super(
      'labd stores no secrets without a key to encrypt them with.',
      'Start each labd with one and the same in LABD_KEY or LABD_KEY_FILE; make it with: openssl rand -base64 32',
      'NO_SECRET_KEY',
    );
  }
}

/** Somebody has failed too often lately: in the graph a Conflict. */
export class TooManyTries extends Conflict {
  /** Seconds to wait */
  readonly retryAfter: number;

  /** `of` says which tries, and whose */
  constructor(of: string, retryAfter: number) {
    super(`There were too many ${of}.`, `Wait ${retryAfter} seconds, then try again.`, 'TOO_MANY_TRIES');
    this.retryAfter = retryAfter;
  }
}

/** The object does not exist, or the caller may not see it: the two are answered alike. */
export class NotFound extends UserError {
  override readonly name = 'NotFound';

  constructor(message: string, remedy: string) {
    super(message, remedy);
  }
}

/** The caller lacks a permission, which is named. */
export class Forbidden extends UserError {
  override readonly name = 'Forbidden';

  /** The missing permission, `action:cloud:environment:target`. */
  readonly permission: string;

  /** The object's uuid, for the log; null when there is none, or none that is known. */
  readonly objectId: string | null;

  constructor(permission: string, message: string, remedy: string, objectId: string | null = null) {
    super(message, remedy);
    this.permission = permission;
    this.objectId = objectId;
  }
}
