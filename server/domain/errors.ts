// Errors that are the caller's to fix, with a message and a remedy. Anything else that is thrown is a bug, which callers
// see masked and the log has whole.
import { Conflict, UserError } from '../../common/userError.ts';

export { Conflict, InvalidInput, UserError } from '../../common/userError.ts';

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
