// lab get: lists objects, or some by name.
import * as Flags from '@oclif/core/flags';
import { LabCommand } from '../command/command.ts';
import { integer } from '../command/flags.ts';
import { asOf } from '../objects/at.ts';
import { CliError } from '../terminal/errors.ts';
import { withClock } from '../terminal/terminal.ts';
import { everywhereFlag, filterFlags, type Filters, filterOf, kept, keptTo, only } from '../objects/filters.ts';
import { type Column, type KindView, labelText, type Row, type Shape } from '../kinds/kind.ts';
import type { Client } from '../labd/client.ts';
import { findOne, findSome, listAll, type NotFound } from '../objects/lists.ts';
import { orderOf, sortRows, sortShape } from '../objects/order.ts';
import { formats, printerFor } from '../print/index.ts';
import type { Found } from '../print/printer.ts';
import { type Selection, selections } from '../objects/references.ts';

/** So many that a search finds are watched by name. */
const MOST_FOUND = 500;

export default class Get extends LabCommand {
  static override summary = 'List objects, or show some by name.';
  static override usage = 'get KIND[,KIND…] [NAME…] | get KIND/NAME… [flags]';
  static override strict = false;
  static override completes = 'objects' as const;
  static override examples = [
    '<%= config.bin %> get servers',
    '<%= config.bin %> get servers --status discovered -l rack=a1 -o wide',
    '<%= config.bin %> get server labmaster -o yaml',
    '<%= config.bin %> get server 38:05:25:33:e2:e4',
    '<%= config.bin %> get servers --search 38:05',
    '<%= config.bin %> get servers,networks',
    '<%= config.bin %> get servers --at -2h',
    '<%= config.bin %> get servers -w',
  ];
  static override flags = {
    output: Flags.string({ char: 'o', description: `how to print: ${formats}`, default: 'table' }),
    watch: Flags.boolean({ char: 'w', description: 'go on and print changes as they happen' }),
    ...filterFlags,
    ...everywhereFlag,
    at: Flags.string({
      description: 'as it was then: a revision, a moment, a day (00:00 UTC), or how long ago, such as 2h',
    }),
    'sort-by': Flags.string({
      description: 'order: a column, such as ip, or .status.memoryGb; turned round with a - before it',
    }),
    headers: Flags.boolean({ description: 'print the line of headers', default: true, allowNo: true }),
    'show-labels': Flags.boolean({ description: 'with a column of all labels' }),
    'label-columns': Flags.string({
      char: 'L',
      description: 'with a column for each of these labels, such as rack,row',
    }),
    'ignore-not-found': Flags.boolean({ description: 'leave out what is not there, instead of failing' }),
    limit: integer({ description: 'at most so many of each kind', min: 1 }),
  };

  async run(): Promise<number | void> {
    joinReversed(this.argv);
    const { flags, argv } = await this.parse(Get);
    const chosen = selections(argv as string[], 'get').map((one) => ({ ...one, view: withLabels(one.view, flags) }));
    refuseTogether(chosen, flags);
    let now = () => this.terminal.now();
    // Ages are counted to the time that is asked about, which is known only when labd has said it.
    const printer = printerFor(
      flags.output,
      withClock(this.terminal, () => now()),
    );
    const present = await this.client(flags);
    if (flags.watch) return this.watch(present, chosen, flags);
    const views = chosen.map(({ view }) => view);
    const asked = await asOf(present, flags.at, views);
    const { client } = asked;
    ({ now } = asked);
    const sortBy = flags['sort-by'];
    const missing: NotFound[] = [];
    const named = async (view: KindView, names: readonly string[], shape: Shape) => {
      const some = await findSome((by) => client.run(view.documents.get, { by, ...shape } as never), view, names);
      missing.push(...some.missing);
      return some.rows;
    };
    const read = async ({ view, names }: Selection): Promise<Found> => {
      const orderBy = orderOf(view, sortBy);
      // What labd does not order by is read, and sorted here.
      const byHand = sortBy !== undefined && !orderBy;
      const shape = byHand ? sortShape(view, sortBy, printer.shape) : printer.shape;
      const filter = filterOf(view, kept(view, flags, client.target));
      const rows =
        names.length > 0
          ? await named(view, names, shape)
          : await listAll(client, view, { shape, filter, orderBy, limit: byHand ? undefined : flags.limit });
      return {
        view,
        rows: byHand ? sortRows(view, rows, sortBy, now()).slice(0, flags.limit) : rows,
        named: names.length > 0,
      };
    };
    const found: Found[] = [];
    for (const selection of chosen) found.push(await read(selection));
    const absent = flags['ignore-not-found'] ? [] : missing;
    if (found.every(({ rows }) => rows.length === 0) && absent.length > 0) return this.tellMissing(absent, false);
    await printer.print(found, { headers: flags.headers, several: found.length > 1 });
    const silent = flags['ignore-not-found'] && found.every(({ named }) => named);
    if (['table', 'wide'].includes(flags.output) && !silent && found.every(({ rows }) => rows.length === 0)) {
      this.terminal.err.write(
        `No ${found.map(({ view }) => view.kind.plural).join(' or ')} found${keptTo(flags, client.target)}.\n`,
      );
    }
    return this.tellMissing(absent, true);
  }

  /** A watch looks through rows alone: what a search finds now by its parts, such as NICs, is watched by name. */
  private async withFound(client: Client, view: KindView, filter: object | undefined): Promise<object | undefined> {
    if (!filter || !('search' in filter) || view.placeless) return filter;
    const { search, ...others } = filter;
    const shape = { wide: false, full: false };
    const found = await listAll(client, view, { shape, filter, orderBy: undefined, limit: MOST_FOUND });
    return { ...others, or: [{ search }, only(view, found)] };
  }

  private async watch(
    client: Client,
    chosen: Selection[],
    flags: { output: string; headers: boolean; 'all-places': boolean } & Filters,
  ): Promise<void> {
    const { watchable, watchRows } = await import('../follow/watch.ts');
    if (!watchable(flags.output))
      throw new CliError('usage', `A watch does not print ${flags.output}.`, `It prints: ${formats}.`);
    const watched = chosen.map(async ({ view, names }) => {
      // They may be called by MAC or id; a watch knows names.
      const shape = { wide: false, full: false };
      const one = (by: object) => client.run(view.documents.get, { by, ...shape } as never);
      const named =
        names.length > 0 ? only(view, await Promise.all(names.map((name) => findOne(one, view, name)))) : undefined;
      const chosenBy = filterOf(view, named ? flags : kept(view, flags, client.target));
      const filter = named || chosenBy ? { ...named, ...(await this.withFound(client, view, chosenBy)) } : undefined;
      return { view, filter };
    });
    await watchRows(client.target, await Promise.all(watched), { output: flags.output, headers: flags.headers });
  }
}

/** Writes `--sort-by -name` as `--sort-by=~name`: oclif's parser takes -n for a flag, wherever it stands. */
function joinReversed(words: string[]): void {
  const at = words.findIndex((word) => /^--sort-by(?:=-|$)/.test(word));
  if (at < 0) return;
  const joined = words[at]!.split('=', 2)[1];
  const value = joined ?? words[at + 1] ?? '';
  if (/^-[^-]./.test(value)) words.splice(at, joined === undefined ? 2 : 1, `--sort-by=~${value.slice(1)}`);
}

/** The kind with the columns of labels that were asked for. */
function withLabels(
  view: KindView,
  { 'show-labels': all, 'label-columns': some }: { 'show-labels': boolean; 'label-columns'?: string | undefined },
): KindView {
  const columns: Column<Row>[] = (some?.split(',') ?? []).map((label) => ({
    header: label.toUpperCase(),
    value: ({ labels }) => labels?.[label],
  }));
  if (all) columns.push({ header: 'LABELS', value: ({ labels }) => labelText(labels ?? {}) });
  return columns.length === 0 ? view : { ...view, columns: [...view.columns, ...columns] };
}

interface Choices extends Filters {
  watch: boolean;
  at?: string | undefined;
  limit?: number | undefined;
  'sort-by'?: string | undefined;
}

/** Flags that would be ignored are refused: an answer that looks chosen and is not misleads. */
function refuseTogether(chosen: readonly Selection[], flags: Choices): void {
  const { at, limit, 'sort-by': sortBy, watch } = flags;
  if (watch && at !== undefined)
    throw new CliError('usage', 'A watch takes no --at.', 'What happened since is told by lab get events --since.');
  if (watch && (limit !== undefined || sortBy !== undefined)) {
    throw new CliError('usage', 'A watch takes neither --limit nor --sort-by.', 'Leave them out.');
  }
  const filtered = chosen.some(({ view, names }) => names.length > 0 && filterOf(view, flags));
  if (filtered && !watch)
    throw new CliError('usage', 'Names and filters do not go together.', 'Give one or the other.');
}
