// Limits failed tries, so that guessing takes years, and keeps whoever guesses from slowing others.
//
// A try to sign in counts for its person at its block of addresses (see addressBlock.ts), for the block, and for its
// person from everywhere that person has not signed in from. The first makes guessing slow. The second keeps a block from
// trying many names, the third keeps many blocks from trying one name; both let more pass, and neither is asked where the
// person has signed in before: whoever guesses elsewhere, or other names beside them, does not slow them there. What is
// left is a guesser in the very block, at the very name.
import { TooManyTries } from '../errors.ts';

interface Limit {
  /** What its tries are, in words */
  readonly are: string;
  /** Failures that are forgiven */
  readonly forgiven: number;
  /** After how many milliseconds one of them is forgotten */
  readonly forgottenAfter: number;
  /** What a success makes good: all failures, or its own try alone, lest one's own account pay for guesses at others' */
  readonly success: 'all' | 'its own';
}

const SIGN_INS = 'failed sign-ins of';
const limits = {
  personHere: { are: SIGN_INS, forgiven: 10, forgottenAfter: 30_000, success: 'all' },
  personElsewhere: { are: SIGN_INS, forgiven: 100, forgottenAfter: 30_000, success: 'its own' },
  block: { are: 'failed sign-ins from', forgiven: 50, forgottenAfter: 10_000, success: 'its own' },
  presentPassword: { are: 'wrong passwords of', forgiven: 10, forgottenAfter: 30_000, success: 'all' },
  links: { are: 'worthless links from', forgiven: 20, forgottenAfter: 10_000, success: 'its own' },
  // Apart from people's: a bastion that cannot join keeps nobody from signing in.
  enrol: { are: 'failed sign-ins of bastions and agents at', forgiven: 10, forgottenAfter: 30_000, success: 'its own' },
  // No token can be guessed: this keeps the database from being asked for each.
  tokens: { are: 'worthless tokens from', forgiven: 600, forgottenAfter: 50, success: 'its own' },
} as const satisfies Record<string, Limit>;

/** What is counted together. */
export interface Bucket {
  readonly of: keyof typeof limits;
  /** In words, such as `user "ann" at 192.0.2.7` */
  readonly who: string;
}

/** Buckets that are remembered at most. */
const REMEMBERED = 10_000;

interface Failures {
  count: number;
  at: number;
}

export interface Throttle {
  /** Throws TooManyTries when one of these has failed too often lately */
  check(...buckets: readonly Bucket[]): void;
  failed(...buckets: readonly Bucket[]): void;
  succeeded(...buckets: readonly Bucket[]): void;
}

const keyOf = ({ of, who }: Bucket): string => `${of} ${who}`;

/** Counts failures, each with a leaky bucket. `elapsed` is in milliseconds, and never set. */
export function createThrottle(elapsed: () => number): Throttle {
  const failures = new Map<string, Failures>();
  const left = (bucket: Bucket): number => {
    const known = failures.get(keyOf(bucket));
    return known ? Math.max(0, known.count - (elapsed() - known.at) / limits[bucket.of].forgottenAfter) : 0;
  };
  const set = (bucket: Bucket, count: number) => {
    failures.delete(keyOf(bucket));
    if (count > 0) failures.set(keyOf(bucket), { count, at: elapsed() });
  };
  return {
    check(...buckets) {
      for (const bucket of buckets) {
        const { are, forgiven, forgottenAfter } = limits[bucket.of];
        const excess = left(bucket) - (forgiven - 1);
        if (excess <= 0) continue;
        throw new TooManyTries(`${are} ${bucket.who}`, Math.ceil((excess * forgottenAfter) / 1000));
      }
    },
    failed(...buckets) {
      for (const bucket of buckets) set(bucket, left(bucket) + 1);
      for (const oldest of failures.keys()) {
        if (failures.size <= REMEMBERED) break;
        failures.delete(oldest);
      }
    },
    succeeded(...buckets) {
      for (const bucket of buckets) set(bucket, limits[bucket.of].success === 'all' ? 0 : left(bucket) - 1);
    },
  };
}
