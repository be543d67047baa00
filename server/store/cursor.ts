// Writes and reads cursors of the change log: `logId.rev`, or `rev:N` for revision N of the current log.

export interface Cursor {
  /** A uuid; null means the current log. */
  logId: string | null;
  rev: bigint;
}

const FULL = /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\.(\d{1,18})$/;
const SHORT = /^rev:(\d{1,18})$/;

export function formatCursor(cursor: { logId: string; rev: bigint }): string {
  return `${cursor.logId}.${cursor.rev}`;
}

/** Null for what is no cursor. */
export function parseCursor(text: string): Cursor | null {
  const full = FULL.exec(text.toLowerCase());
  if (full !== null) return { logId: full[1]!, rev: BigInt(full[2]!) };
  const short = SHORT.exec(text.toLowerCase());
  return short === null ? null : { logId: null, rev: BigInt(short[1]!) };
}
