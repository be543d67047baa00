// Following a kind: rows as they change, through restarts of labd, without a gap or a repeat.
import type { KindView, Row, Shape, WatchEvent } from '../kinds/kind.ts';
import { followOn } from '../labd/resume.ts';
import type { Target } from '../labd/target.ts';
import { manifest } from '../print/manifest.ts';
import { columnsOf, tableLines } from '../print/table.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { drawable, harmless } from '../terminal/text.ts';
import { cut } from '../terminal/width.ts';

export interface WatchOptions {
  readonly filter: object | undefined;
  readonly output: string;
  readonly headers: boolean;
}

/** Where events go. */
interface Screen {
  /** An event; `known` is what the first listing has, before the bookmark that ends it */
  event(type: string, row: Row): void;
  /** The first listing is complete */
  listed(): void;
  /** What was seen is no longer so: a fresh listing follows */
  reset(): void;
  note(text: string): void;
}

const events: Record<string, string> = { Added: 'ADDED', Modified: 'MODIFIED', Deleted: 'DELETED' };

const noteTo =
  ({ err }: Terminal) =>
  (text: string): void =>
    void (text && err.write(`${text}\n`));

/** Something written for each event, and nothing kept. */
const each = (terminal: Terminal, write: (event: string, row: Row) => string): Screen => ({
  event: (type, row) => void terminal.out.write(write(events[type]!, row)),
  listed: () => undefined,
  reset: () => undefined,
  note: noteTo(terminal),
});

/** What programs read, by the format: each event with the object as it is then, or was when it went. */
const written: Readonly<Record<string, (view: KindView, terminal: Terminal) => Promise<Screen>>> = {
  name: async ({ kind }, terminal) => each(terminal, (event, row) => `${event} ${kind.field}/${harmless(row.name)}\n`),
  json: async (view, terminal) =>
    each(terminal, (type, row) => `${JSON.stringify({ type, object: manifest(view, row) })}\n`),
  async yaml(view, terminal) {
    const { stringify } = await import('../terminal/yaml.ts');
    return each(terminal, (type, row) => `---\n${stringify({ type, object: manifest(view, row) })}`);
  },
};

/** The formats that a watch prints. */
export const watchable: readonly string[] = ['table', 'wide', ...Object.keys(written)];

/** Lines appended with what happened, for pipes and files. */
function lines(view: KindView, { output, headers }: WatchOptions, terminal: Terminal): Screen {
  const columns = columnsOf(view, output === 'wide');
  const widths: number[] = [];
  let first = headers;
  let waiting: { type: string; row: Row }[] | undefined = [];
  const print = (some: { type: string; row: Row }[]) => {
    if (some.length === 0) return;
    const typed = [{ header: 'EVENT', value: (row: Row) => (row as Row & { event: string }).event }, ...columns];
    const rows = some.map(({ type, row }) => ({ ...row, event: events[type]! }));
    terminal.out.write(`${tableLines(terminal, typed, rows, { headers: first, widths }).join('\n')}\n`);
    first = false;
  };
  return {
    // The first listing is printed at once, so that its columns are as wide as they need to be.
    event: (type, row) => (waiting ? void waiting.push({ type, row }) : print([{ type, row }])),
    listed: () => {
      print(waiting ?? []);
      waiting = undefined;
    },
    reset: () => {
      waiting = [];
    },
    note: noteTo(terminal),
  };
}

/** A table that is drawn again in place, for terminals. */
function redrawn(view: KindView, { output, headers }: WatchOptions, terminal: Terminal): Screen {
  const { out } = terminal;
  const columns = columnsOf(view, output === 'wide');
  const rows = new Map<string, Row>();
  let drawn = 0;
  let listing = true;
  let message = '';
  let due: NodeJS.Timeout | undefined;
  const draw = () => {
    due = undefined;
    // The cursor stays on a line of its own below the table.
    const room = (out.rows || 24) - 1 - (message ? 1 : 0);
    const sorted = [...rows.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
    const all = tableLines(terminal, columns, sorted, { headers });
    const shown = all.length > room ? [...all.slice(0, room - 1), `… and ${all.length - room + 1} more`] : all;
    if (message) shown.push(message);
    // A line that wraps would take two: it is cut instead.
    const lines = shown.map((line) => `${cut(line, out.columns || 80)}\n`);
    out.write(`${drawn > 0 ? `\u001b[${drawn}A` : ''}\r\u001b[J${lines.join('')}`);
    drawn = lines.length;
  };
  const soon = () => {
    if (!listing || message) due ??= setTimeout(draw, 50);
  };
  out.on('resize', () => {
    // The terminal has broken lines anew, so that nobody knows where the table is: the screen is cleared.
    out.write('\u001b[H\u001b[2J');
    drawn = 0;
    soon();
  });
  return {
    event: (type, row) => {
      if (type === 'Deleted') rows.delete(row.id);
      else rows.set(row.id, row);
      soon();
    },
    listed: () => {
      listing = false;
      soon();
    },
    reset: () => {
      rows.clear();
      listing = true;
    },
    note: (text) => {
      message = text;
      soon();
    },
  };
}

/** Follows a kind until it is interrupted. Throws CliError when labd was never there, or says no. */
export async function watchRows(target: Target, view: KindView, options: WatchOptions): Promise<void> {
  const { terminal } = target;
  const tables = drawable(terminal.out, terminal.env) ? redrawn : lines;
  const writing = written[options.output];
  const screen = writing ? await writing(view, terminal) : tables(view, options, terminal);
  const shape: Shape = { wide: options.output === 'wide', full: writing !== undefined && options.output !== 'name' };
  let listed = false;
  await followOn<{ event: WatchEvent<Row> }>(target, {
    document: view.documents.watch.toString(),
    variables: { filter: options.filter, ...shape },
    each({ event }) {
      const { __typename: name } = event;
      const type = name.startsWith(view.kind.type) ? name.slice(view.kind.type.length) : name;
      if ('object' in event) screen.event(type, event.object);
      else if (type === 'Bookmark') screen.listed();
      else {
        screen.reset();
        screen.note('labd cannot tell what was missed: everything is listed again');
      }
      listed ||= type === 'Bookmark';
      // Until the first listing is complete there is nothing to resume from: it is listed again.
      return listed ? event.revision : undefined;
    },
    cut(why, whole) {
      if (whole) screen.reset();
      screen.note(`labd is away (${why}); trying again`);
    },
    back: () => screen.note(''),
  });
}
