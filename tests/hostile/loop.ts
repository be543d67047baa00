// How long a process's event loop is held at a time: put into it through its inspector, and asked there.

/** Of one spell: the longest that the loop was held, milliseconds. */
export interface Held {
  /** By the clock: what everybody else waited, the time that other processes had included */
  readonly wall: number;
  /** Of processor time, where the system tells it per thread; else as `wall` */
  readonly own: number;
}

/** What is put into the process: a timer that looks, each millisecond, at how much was used since it last looked. */
export const WATCH = `(() => {
  if (globalThis.__held) return;
  const { readFileSync } = process.getBuiltinModule('node:fs');
  const file = '/proc/self/task/' + process.pid + '/schedstat';
  const used = () => { try { return Number(readFileSync(file, 'utf8').split(' ')[0]) / 1e6; } catch { return performance.now(); } };
  const held = (globalThis.__held = { wall: 0, own: 0 });
  let at = performance.now(), own = used();
  const look = () => {
    held.wall = Math.max(held.wall, performance.now() - at - 1);
    held.own = Math.max(held.own, used() - own);
    at = performance.now(); own = used();
    setTimeout(look, 1);
  };
  setTimeout(look, 1);
})()`;

/** Answers what was found since this was last asked, and begins anew. */
export const TAKE = `(() => { const { wall, own } = __held; __held.wall = 0; __held.own = 0; return JSON.stringify({ wall, own }); })()`;

/** Holds the loop for as long as some arithmetic takes: the measure of a machine, about ten milliseconds of a usual one. */
export const CALIBRATE = `setTimeout(() => { let sum = 0; for (let n = 0; n < 6_000_000; n++) sum = (Math.imul(sum, 31) + n) | 0; globalThis.__sum = sum; })`;
