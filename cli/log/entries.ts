// Entries of the change log on the command line, as the audit trail, events and histories print and follow them.
import type { Column, Page, Row } from '../kinds/kind.ts';
import type { Target } from '../labd/target.ts';
import { tableLines } from '../print/table.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { harmless } from '../terminal/text.ts';

/** What every entry has. */
interface Logged {
  revision: string;
  kind: string;
  name: string;
}

/** An entry as a table shows rows. */
export type Entry<E extends Logged = Logged> = E & Row;

export type Print<E> = (entries: readonly E[]) => void;

/** How each output prints entries, the oldest first; called again for those that come later. */
export function logOutputs<E extends Entry>(
  columns: readonly Column<E>[],
): Readonly<Record<string, (headers: boolean, terminal: Terminal) => Print<E> | Promise<Print<E>>>> {
  const table = (wide: boolean, headers: boolean, terminal: Terminal): Print<E> => {
    const shown = columns.filter((column) => wide || !column.wide) as unknown as readonly Column<Row>[];
    const widths: number[] = [];
    let first = headers;
    return (entries) => {
      if (entries.length === 0) return;
      terminal.out.write(`${tableLines(terminal, shown, entries, { headers: first, widths }).join('\n')}\n`);
      first = false;
    };
  };
  return {
    table: (headers, terminal) => table(false, headers, terminal),
    wide: (headers, terminal) => table(true, headers, terminal),
    name: (_headers, terminal) => (entries) =>
      void terminal.out.write(entries.map(({ kind, name }) => `${harmless(`${kind}/${name}`)}\n`).join('')),
    json: (_headers, terminal) => (entries) =>
      void terminal.out.write(entries.map((entry) => `${JSON.stringify(entry)}\n`).join('')),
    yaml: async (_headers, terminal) => {
      const { stringify } = await import('../terminal/yaml.ts');
      return (entries) => void terminal.out.write(entries.map((entry) => `---\n${stringify(entry)}`).join(''));
    },
  };
}

/** Entries that are read at once. */
const PAGE = 200;

type Load<E> = (page: {
  first: number;
  after: string | null;
}) => Promise<{ page: Page<Omit<E, 'id'>>['page'] & { revision?: string | null } }>;

/** The latest entries, and the revision that the first page of them was read at: what comes later comes after it. */
export async function latestEntries<E extends Entry>(
  load: Load<E>,
  limit: number,
): Promise<{ entries: E[]; at: string | undefined }> {
  const entries: E[] = [];
  let after: string | null = null;
  let at: string | undefined;
  while (entries.length < limit) {
    const first = Math.min(PAGE, limit - entries.length);
    const { page } = await load({ first, after });
    at ??= page.revision ?? undefined;
    entries.push(...page.nodes.map((node) => ({ ...node, id: node.revision }) as E));
    if (!page.pageInfo.hasNextPage) break;
    after = page.pageInfo.endCursor;
  }
  return { entries: entries.reverse(), at };
}

/** Prints entries as they come, until it is interrupted. */
export async function followLog<D>(
  target: Target,
  followed: {
    document: string;
    variables: object;
    after: string | undefined;
    entry: (data: D) => Logged;
    print: Print<never>;
  },
): Promise<void> {
  const { entry, print, ...more } = followed;
  const { followOn } = await import('../labd/resume.ts');
  await followOn<D>(target, {
    ...more,
    each(data) {
      const one = entry(data);
      print([{ ...one, id: one.revision } as never]);
      return one.revision;
    },
    cut: (why) => void target.terminal.err.write(`labd is away (${why}); trying again\n`),
    back: () => undefined,
  });
}
