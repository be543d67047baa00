// How long a mirror may take, and how much it may send. Tests hand in smaller ones.

export interface Limits {
  /** Milliseconds until an answer begins */
  readonly answer: number;
  /** Milliseconds without a byte */
  readonly silence: number;
  readonly redirects: number;
  /** Tries in a row that brought nothing new */
  readonly tries: number;
  /** Milliseconds before the second try; doubled for each that follows */
  readonly wait: number;
  /** Bytes of a list of sums */
  readonly list: number;
  /** Bytes of a file */
  readonly file: number;
  /** Bytes that stay free on the disk, which reports of machines need too */
  readonly reserve: number;
}

export const defaultLimits: Limits = {
  answer: 30_000,
  silence: 60_000,
  redirects: 5,
  tries: 5,
  wait: 1_000,
  list: 4 * 2 ** 20,
  file: 64 * 2 ** 30,
  reserve: 64 * 2 ** 20,
};

/** One file on its way. */
export interface Transfer {
  readonly limits: Limits;
  readonly signal: AbortSignal | undefined;
  /** Bytes of the file that are here, and how many it has when that is known */
  readonly onBytes: (bytes: number, total: number | null) => void;
}
