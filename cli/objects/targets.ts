// The objects that a verb is done to: some by name, all with some labels, all of a kind, or those that files name.
import * as Flags from '@oclif/core/flags';
import { CliError, exits } from '../terminal/errors.ts';
import type { Input } from '../terminal/terminal.ts';
import { everywhereFlag, filterOf, kept } from './filters.ts';
import { views } from '../kinds/index.ts';
import type { KindView, Row, Shape } from '../kinds/kind.ts';
import type { Client } from '../labd/client.ts';
import { findOne, listAll } from './lists.ts';
import { failure } from '../manifests/send.ts';
import { readSources } from '../manifests/files.ts';
import { BY_NAME, BY_NAME_OR_PLACE, type Selection, selections } from './references.ts';

/** Flags of verbs that are done to many. */
export const manyFlags = {
  selector: Flags.string({ char: 'l', description: 'all objects with these labels', exclusive: ['all'] }),
  all: Flags.boolean({ description: 'all objects of the kind' }),
  ...everywhereFlag,
};

export interface Many {
  readonly selector?: string | undefined;
  readonly all?: boolean;
  readonly 'all-places'?: boolean;
}

/** An object of a kind. */
export interface Chosen {
  readonly view: KindView;
  readonly row: Row;
}

/** What the words and the flags choose. Throws usage errors where nothing is, or too much. */
export function choose(words: readonly string[], { selector, all }: Many, verb: string): Selection[] {
  const chosen = selections(words, verb);
  const many = all === true || selector !== undefined;
  const unsaid = chosen.find(({ names }) => (names.length === 0) !== many);
  if (unsaid)
    throw new CliError(
      'usage',
      many ? 'Names do not go with --all and -l.' : `Say which ${unsaid.view.kind.plural} to ${verb}.`,
      'Name them, or give --all or -l SELECTOR.',
    );
  return chosen;
}

/** What the manifests in files name, in their order. Throws CliError with all mistakes, each with its file and line. */
export async function chooseIn(files: readonly string[], recursive: boolean, input: Input): Promise<Selection[]> {
  const { parseManifests } = await import('../manifests/parse.ts');
  const parsed = (await readSources(files, recursive, input)).map(parseManifests);
  const mistakes = parsed.flatMap((one) => one.mistakes);
  const chosen = parsed
    .flatMap((one) => one.manifests)
    .flatMap(({ value, file, lineOf }) => {
      const view = views.find(({ kind }) => kind.type === value['kind']);
      const name = (value['metadata'] as { name?: unknown } | undefined)?.name;
      if (view && typeof name === 'string') return [{ view, names: [name], taken: BY_NAME }];
      const [path, text] = view ? ['metadata.name', 'It has no name.'] : ['kind', 'It is of no kind that lab has.'];
      mistakes.push({ file, line: lineOf(path), text });
      return [];
    });
  if (mistakes.length > 0) throw failure(mistakes);
  if (chosen.length === 0) throw new CliError('usage', `There are no manifests in ${files.join(', ')}.`);
  return chosen;
}

interface Wanted {
  readonly shape: Shape;
  /** Of objects that are not named: all, or those with labels, in the context's place or everywhere */
  readonly many?: Many;
  /** Leaves out what is not there */
  readonly ignoring?: boolean;
}

/** The chosen objects; all are looked up before anything is done to any. Throws CliError for one that is not there. */
export async function rowsOf(
  client: Client,
  chosen: readonly Selection[],
  { shape, many: { selector, 'all-places': all = false } = {}, ignoring }: Wanted,
): Promise<Chosen[]> {
  const found: Chosen[] = [];
  for (const { view, names, taken = BY_NAME_OR_PLACE } of chosen) {
    const filter = filterOf(view, kept(view, { selector, 'all-places': all }, client.target));
    const one = (name: string) =>
      findOne((by) => client.run(view.documents.get, { by, ...shape } as never), view, name, taken).catch(
        (error: unknown) => {
          if (ignoring && error instanceof CliError && error.exit === exits.notFound) return undefined;
          throw error;
        },
      );
    const rows =
      names.length === 0
        ? await listAll(client, view, { shape, filter, orderBy: undefined, limit: undefined })
        : await Promise.all(names.map(one));
    found.push(...rows.flatMap((row) => (row ? [{ view, row }] : [])));
  }
  return found;
}
