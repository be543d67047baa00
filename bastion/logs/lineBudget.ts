// How many lines a machine may send: one that floods the bastion harms no other, and is not held up either. What is too much
// is dropped, counted, and told in the log itself.

/** Lines a second that a machine may send for long, and lines at once after a rest. */
const A_SECOND = 1_000;
const AT_ONCE = 20_000;

interface Account {
  /** Lines that may come now */
  left: number;
  /** Milliseconds of the clock when that was counted */
  at: number;
  dropped: number;
}

export interface LineBudget {
  /** The lines of a machine that are kept now, and how many are not; a line of our own tells those of before. */
  take(mac: string, lines: readonly string[]): { kept: readonly string[]; dropped: number };
  /** The line that tells what was dropped since the last; undefined when nothing was. */
  told(mac: string): string | undefined;
}

/** `elapsed`: milliseconds of a clock that nobody sets. `isTight`: there is room for nothing but reports and stages. */
export function createLineBudget(elapsed: () => number, isTight: () => boolean): LineBudget {
  const accounts = new Map<string, Account>();
  const accountOf = (mac: string): Account => {
    const moment = elapsed();
    const { left, at, dropped } = accounts.get(mac) ?? { left: AT_ONCE, at: moment, dropped: 0 };
    const account = { left: Math.min(AT_ONCE, left + ((moment - at) * A_SECOND) / 1_000), at: moment, dropped };
    accounts.set(mac, account);
    return account;
  };
  const told = (mac: string): string | undefined => {
    const account = accounts.get(mac);
    if (account === undefined || account.dropped === 0) return undefined;
    const { dropped } = account;
    account.dropped = 0;
    return `lab-bastion: ${dropped} lines were dropped here: a machine may send ${A_SECOND} a second, while there is room`;
  };
  return {
    take(mac, lines) {
      const account = accountOf(mac);
      const room = isTight() ? 0 : Math.floor(account.left);
      const kept = lines.slice(0, room);
      const dropped = lines.length - kept.length;
      account.left -= kept.length;
      const before = kept.length > 0 ? told(mac) : undefined;
      account.dropped += dropped;
      return { kept: before === undefined ? kept : [before, ...kept], dropped };
    },
    told,
  };
}
