// How long something takes on this machine as it is now: as a ratio to a loop that is always the same.

/** What the loop does: so much arithmetic takes a few milliseconds anywhere. */
function loop(): number {
  let sum = 0;
  for (let n = 0; n < 2_000_000; n++) sum = (Math.imul(sum, 31) + n) | 0;
  return sum;
}

function timed(work: () => unknown): number {
  const from = performance.now();
  work();
  return performance.now() - from;
}

const middle = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!;

/** How many times as long as the calibrating loop some work takes; both are measured in turn, five times each. */
export function calibrate(work: () => unknown): number {
  timed(loop);
  timed(work);
  const ratios = Array.from({ length: 5 }, () => {
    const before = timed(loop);
    const took = timed(work);
    return took / Math.max(before, timed(loop));
  });
  return middle(ratios);
}
