// A small random generator with a seed, so that everybody sees the same machines.

export interface Random {
  /** From 0 up to, not including, 1 */
  next(): number;
  /** A whole number from 0 up to, not including, `below` */
  whole(below: number): number;
  /** One of them */
  pick<T>(from: readonly T[]): T;
  /** Whether something of this share (0 to 1) happens */
  chance(share: number): boolean;
  /** So many upper-case hexadecimal digits */
  digits(count: number): string;
  /** A new list in another order */
  shuffle<T>(list: readonly T[]): T[];
}

/** mulberry32, begun from all of `seeds`. */
export function randomFrom(...seeds: readonly number[]): Random {
  let state = seeds.reduce((hash, seed) => mix(hash ^ mix(seed)), 0x9e3779b9);
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    return mix(state) / 2 ** 32;
  };
  const whole = (below: number) => Math.floor(next() * below);
  return {
    next,
    whole,
    pick: (from) => from[whole(from.length)]!,
    chance: (share) => next() < share,
    digits: (count) => Array.from({ length: count }, () => '0123456789ABCDEF'[whole(16)]).join(''),
    shuffle(list) {
      const shuffled = [...list];
      for (let at = shuffled.length - 1; at > 0; at -= 1) {
        const other = whole(at + 1);
        [shuffled[at], shuffled[other]] = [shuffled[other]!, shuffled[at]!];
      }
      return shuffled;
    },
  };
}

/** Spreads 32 bits. */
export function mix(value: number): number {
  let bits = value | 0;
  bits = Math.imul(bits ^ (bits >>> 15), bits | 1);
  bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
  return (bits ^ (bits >>> 14)) >>> 0;
}
