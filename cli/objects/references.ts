// How people refer to objects: KIND NAME…, KIND/NAME…, an id, or, of servers, a MAC in any spelling, an address or a serial
// number.
import { isIP } from 'node:net';
import { isWrittenAsMac } from '../../common/mac.ts';
import type { Kind } from '../../schema/catalog.ts';
import { CliError } from '../terminal/errors.ts';
import { findKind, views } from '../kinds/index.ts';
import type { KindView } from '../kinds/kind.ts';

/** Some objects of a kind; all of them when no name is given. */
export interface Selection {
  readonly view: KindView;
  readonly names: readonly string[];
  /** By what the names may call them, if not by all that people say */
  readonly taken?: readonly string[];
}

/** Verbs that may be about `all`: who meant something else has lost nothing. */
const looks: ReadonlySet<string> = new Set(['get', 'describe']);

/** What a lab is made of: what people make, who may do what aside. */
const inventory = (): KindView[] =>
  views.filter(({ kind }: { kind: Kind }) => kind.verbs.includes('create') && !kind.administered);

/** Understands `servers,networks`, `all`, `server a b`, `server/a network/b`. Throws usage errors. */
export function selections(words: readonly string[], verb: string): Selection[] {
  const [first, ...names] = words;
  if (!first) {
    throw new CliError(
      'usage',
      `Say which kind to ${verb}.`,
      (lab) => `Such as: ${lab} ${verb} servers. All kinds: ${lab} api-resources`,
    );
  }
  if (first.includes('/')) {
    const byKind = new Map<KindView, string[]>();
    for (const word of words) {
      const [kind, name, ...more] = word.split('/');
      if (!kind || !name || more.length > 0) {
        throw new CliError(
          'usage',
          `"${word}" does not go with "${first}".`,
          'Write KIND NAME…, or KIND/NAME for each.',
        );
      }
      const view = findKind(kind);
      byKind.set(view, [...(byKind.get(view) ?? []), name]);
    }
    return [...byKind].map(([view, found]) => ({ view, names: found }));
  }
  const kinds = first.split(',').flatMap((word) => (word === 'all' && looks.has(verb) ? inventory() : findKind(word)));
  if (kinds.length > 1 && names.length > 0) {
    throw new CliError('usage', 'Names go with one kind only.', 'Write KIND/NAME for each object of several kinds.');
  }
  return kinds.map((view) => ({ view, names }));
}

/** The name in NAME or KIND/NAME, where only one kind makes sense. Throws usage errors. */
export function nameIn(word: string, { kind: { field, plural } }: KindView): string {
  if (!word.includes('/')) return word;
  const [chosen] = selections([word], 'name');
  if (chosen!.view.kind.field === field) return chosen!.names[0]!;
  throw new CliError('usage', `"${word}" is not one of the ${plural}.`, `Write NAME, or ${field}/NAME.`);
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** What a word may be to labd besides an id, the likeliest first: a name of twelve hexadecimal digits is a name. */
const ways: Readonly<Record<string, (called: string) => string | undefined>> = {
  name: (called) => (/[:/]/.test(called) ? undefined : called.toLowerCase()),
  mac: (called) => (isWrittenAsMac(called) ? called : undefined),
  address: (called) => (isIP(called) === 0 ? undefined : called),
  serial: (called) => called,
};

/** What a file calls an object by. */
export const BY_NAME: readonly string[] = ['name'];
/**
 * What an object is called by that is changed, goes, or has gone: its serial number is that of the same machine found
 * again, which is not meant where the first one is.
 */
export const BY_NAME_OR_PLACE: readonly string[] = ['name', 'mac', 'address'];

/**
 * How to ask labd for an object that was called so, one way after the other until there is one; `taken` says by what it
 * may be called.
 */
export function references(
  { kind }: KindView,
  called: string,
  taken: readonly string[] = Object.keys(ways),
): Record<string, string>[] {
  const { by }: Kind = kind;
  if (uuid.test(called) || called.startsWith(`${kind.type}:`) || !by.includes('name')) return [{ id: called }];
  const meant = by
    .filter((way) => taken.includes(way))
    .flatMap((way) => {
      const value = ways[way]?.(called);
      return value === undefined ? [] : [{ [way]: value }];
    });
  return meant.length > 0 ? meant : [{ name: called.toLowerCase() }];
}
