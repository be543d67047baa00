// Following kinds: rows as they change, through restarts of labd, without a gap or a repeat.
import type { KindView, Row, Shape, WatchEvent } from '../kinds/kind.ts';
import { followOn } from '../labd/resume.ts';
import type { Target } from '../labd/target.ts';
import { columnsNamed } from '../print/custom-columns.ts';
import { parseTemplate, printed } from '../print/jsonpathTemplate.ts';
import { manifest } from '../print/manifest.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { drawable, harmless } from '../terminal/text.ts';
import { events, lines, noteTo, redrawn, type Screen, type TableOptions, watchColumns } from './screens.ts';

/** What is watched of a kind. */
interface Watched {
  readonly view: KindView;
  readonly filter: object | undefined;
}

interface WatchOptions {
  readonly output: string;
  readonly headers: boolean;
}

/** Something written for each event, and nothing kept. */
const each = (terminal: Terminal, write: (event: string, row: Row) => string): Screen => ({
  event: (type, row) => void terminal.out.write(write(events[type]!, row)),
  listed: () => undefined,
  reset: () => undefined,
  note: noteTo(terminal),
});

/** A manifest as programs read it. */
const plain = (view: KindView, row: Row): unknown => JSON.parse(JSON.stringify(manifest(view, row)));

/** What programs read, by the format: each event with the object as it is then, or was when it went. */
const written: Readonly<
  Record<string, (view: KindView, terminal: Terminal, text: string) => Promise<Screen> | Screen>
> = {
  name: ({ kind }, terminal) => each(terminal, (event, row) => `${event} ${kind.field}/${harmless(row.name)}\n`),
  json: (view, terminal) => each(terminal, (type, row) => `${JSON.stringify({ type, object: manifest(view, row) })}\n`),
  async yaml(view, terminal) {
    const { stringify } = await import('../terminal/yaml.ts');
    return each(terminal, (type, row) => `---\n${stringify({ type, object: manifest(view, row) })}`);
  },
  jsonpath(view, terminal, template) {
    const value = terminal.out.isTTY ? (one: unknown) => harmless(printed(one)) : printed;
    // What is no template is said before anything happens; each event is asked afresh what it has.
    parseTemplate(template, value);
    return each(terminal, (_type, row) => {
      const text = parseTemplate(template, value)(plain(view, row));
      return text.endsWith('\n') ? text : `${text}\n`;
    });
  },
};

/** What programs read that is whole manifests. */
const wholes: ReadonlySet<string> = new Set(['json', 'yaml', 'jsonpath', 'custom-columns']);

/** The formats that a watch prints. */
export const watchable = (output: string): boolean =>
  ['table', 'wide', 'custom-columns', ...Object.keys(written)].includes(output.split('=', 1)[0]!);

/** Opens what shows the events of a kind. Throws usage errors. */
async function open(
  view: KindView,
  terminal: Terminal,
  { output, headers, together }: WatchOptions & Pick<TableOptions, 'together'>,
): Promise<Screen> {
  const [format = '', text = ''] = [output.split('=', 1)[0], output.slice(output.indexOf('=') + 1)];
  const writing = written[format];
  if (writing) return writing(view, terminal, text);
  const shared = together ? { together } : {};
  if (format === 'custom-columns') {
    const columns = columnsNamed(text).map((column) => ({
      ...column,
      value: (row: Row, now: number) => column.value(plain(view, row) as Row, now),
    }));
    return lines(view, { columns, headers, ...shared }, terminal);
  }
  const columns = watchColumns(view, format === 'wide', together !== undefined);
  const tables = drawable(terminal.out, terminal.env) && !together ? redrawn : lines;
  return tables(view, { columns, headers, ...shared }, terminal);
}

/** Follows kinds until it is interrupted. Throws CliError when labd was never there, or says no. */
export async function watchRows(target: Target, kinds: readonly Watched[], options: WatchOptions): Promise<void> {
  const ended = new AbortController();
  const together = kinds.length > 1 ? { together: {} } : {};
  const screens = await Promise.all(kinds.map(({ view }) => open(view, target.terminal, { ...options, ...together })));
  try {
    await Promise.all(
      kinds.map((kind, i) => watchKind(target, kind, screens[i]!, { ...options, ended: ended.signal })),
    );
  } finally {
    ended.abort();
  }
}

async function watchKind(
  target: Target,
  { view, filter }: Watched,
  screen: Screen,
  { output, ended }: WatchOptions & { ended: AbortSignal },
): Promise<void> {
  const shape: Shape = { wide: output === 'wide', full: wholes.has(output.split('=', 1)[0]!) };
  let listed = false;
  await followOn<{ event: WatchEvent<Row> }>(target, {
    document: view.documents.watch.toString(),
    variables: { filter, ...shape },
    ended,
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
