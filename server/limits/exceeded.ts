// The error of a limit: refused before anything ran, in words that say which limit and what to do.

export interface ExceededOptions {
  /** In capitals, for `extensions.code` */
  code: string;
  /** The HTTP status of the answer */
  status: number;
  /** What happened, and what to do instead */
  message: string;
  headers?: Record<string, string>;
  /** For programs, beside the code */
  details?: Readonly<Record<string, unknown>>;
}

/** Shown to the caller as it is, with `extensions.code`. */
export class LimitExceeded extends Error {
  override readonly name = 'LimitExceeded';
  readonly code: string;
  readonly status: number;
  readonly headers: Record<string, string> | undefined;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(options: ExceededOptions) {
    super(options.message);
    this.code = options.code;
    this.status = options.status;
    this.headers = options.headers;
    this.details = options.details;
  }
}
