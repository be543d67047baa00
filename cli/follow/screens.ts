// Where a watch shows its events: lines that are appended, or a table that is drawn again in place.
import type { Column, KindView, Row } from '../kinds/kind.ts';
import { columnsOf, tableLines } from '../print/table.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { cut } from '../terminal/width.ts';

/** Where events go. */
export interface Screen {
  /** An event; `known` is what the first listing has, before the bookmark that ends it */
  event(type: string, row: Row): void;
  /** The first listing is complete */
  listed(): void;
  /** What was seen is no longer so: a fresh listing follows */
  reset(): void;
  note(text: string): void;
}

export interface TableOptions {
  readonly columns: readonly Column<Row>[];
  readonly headers: boolean;
  /** Of a watch of several kinds, the kind whose rows were printed last: those of another have headers of their own */
  readonly together?: { last?: KindView };
}

export const events: Record<string, string> = { Added: 'ADDED', Modified: 'MODIFIED', Deleted: 'DELETED' };

export const noteTo =
  ({ err }: Terminal) =>
  (text: string): void =>
    void (text && err.write(`${text}\n`));

/** Milliseconds in which what happens to a row is one change to who watches. */
const SOON = 50;

interface Event {
  type: string;
  row: Row;
}

/** The columns of a watch: of several kinds, names are given with theirs. */
export function watchColumns(view: KindView, wide: boolean, several: boolean): readonly Column<Row>[] {
  const [first, ...others] = columnsOf(view, wide);
  if (!several) return [first!, ...others];
  const value: Column<Row>['value'] = (row, now) => `${view.kind.field}/${first!.value(row, now) ?? ''}`;
  return [{ ...first!, value }, ...others];
}

/**
 * Lines appended with what happened. What happens to a row at once is one line, and what shows no difference is none: a
 * person would call it one change, or none.
 */
export function lines(view: KindView, { columns, headers, together = {} }: TableOptions, terminal: Terminal): Screen {
  const widths: number[] = [];
  const shown = new Map<string, string>();
  let waiting: Event[] = [];
  let listing = true;
  let due: NodeJS.Timeout | undefined;
  const typed = [{ header: 'EVENT', value: (row: Row) => (row as Row & { event: string }).event }, ...columns];
  // Ages at one moment are the same as long as the row is.
  const seen = (row: Row) => JSON.stringify([columns.map((column) => column.value(row, 0)), row.labels]);
  const isNews = ({ type, row }: Event): boolean => {
    const now = seen(row);
    if (type === 'Modified' && shown.get(row.id) === now) return false;
    if (type === 'Deleted') shown.delete(row.id);
    else shown.set(row.id, now);
    return true;
  };
  const print = () => {
    due = undefined;
    const some = waiting.filter(isNews);
    waiting = [];
    if (some.length === 0) return;
    const rows = some.map(({ type, row }) => ({ ...row, event: events[type]! }));
    const first = headers && together.last !== view;
    terminal.out.write(`${tableLines(terminal, typed, rows, { headers: first, widths }).join('\n')}\n`);
    together.last = view;
  };
  return {
    event: (type, row) => {
      const before = type === 'Modified' ? waiting.findLast((one) => one.row.id === row.id) : undefined;
      if (before && before.type !== 'Deleted') before.row = row;
      else waiting.push({ type, row });
      // The first listing is printed at once, so that its columns are as wide as they need to be.
      if (!listing) due ??= setTimeout(print, SOON);
    },
    listed: () => {
      listing = false;
      print();
    },
    reset: () => {
      waiting = [];
      shown.clear();
      listing = true;
    },
    note: noteTo(terminal),
  };
}

/**
 * A table that is drawn again in place, for terminals. Once it is longer than the screen, it is printed whole and what
 * happens is appended: rows that scrolled out of sight cannot be drawn again, and are not to be hidden.
 */
export function redrawn(view: KindView, options: TableOptions, terminal: Terminal): Screen {
  const { out } = terminal;
  const { columns, headers } = options;
  const rows = new Map<string, Row>();
  let drawn = 0;
  let listing = true;
  let message = '';
  let due: NodeJS.Timeout | undefined;
  let appended: Screen | undefined;
  const clear = () => `${drawn > 0 ? `\u001b[${drawn}A` : ''}\r\u001b[J`;
  const sorted = () => [...rows.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const append = () => {
    out.write(clear());
    appended = lines(view, options, terminal);
    for (const row of sorted()) appended.event('Added', row);
    appended.listed();
    if (message) appended.note(message);
    rows.clear();
  };
  const draw = () => {
    due = undefined;
    if (appended) return;
    // The cursor stays on a line of its own below the table.
    const room = (out.rows || 24) - 1 - (message ? 1 : 0);
    const shown = tableLines(terminal, columns, sorted(), { headers });
    if (shown.length > room) return append();
    if (message) shown.push(message);
    // A line that wraps would take two: it is cut instead.
    const cutLines = shown.map((line) => `${cut(line, out.columns || 80)}\n`);
    out.write(`${clear()}${cutLines.join('')}`);
    drawn = cutLines.length;
  };
  const soon = () => {
    if (!listing || message) due ??= setTimeout(draw, SOON);
  };
  out.on('resize', () => {
    if (appended) return;
    // The terminal has broken lines anew, so that nobody knows where the table is: the screen is cleared.
    out.write('\u001b[H\u001b[2J');
    drawn = 0;
    soon();
  });
  return {
    event: (type, row) => {
      if (appended) return appended.event(type, row);
      if (type === 'Deleted') rows.delete(row.id);
      else rows.set(row.id, row);
      soon();
    },
    listed: () => {
      listing = false;
      if (appended) appended.listed();
      else soon();
    },
    reset: () => {
      rows.clear();
      listing = true;
      appended?.reset();
    },
    note: (text) => {
      message = text;
      if (appended) appended.note(text);
      else soon();
    },
  };
}
