// Manifests out of YAML and JSON, with the line that each field stands on.
import { inexactNumberIn } from '../../common/exactNumbers.ts';
import { isMap, isScalar, isSeq, LineCounter, parseAllDocuments } from '../terminal/yaml.ts';
import type { SourceText } from './files.ts';

/** One object as a file has it. */
export interface ParsedManifest {
  readonly file: string;
  readonly value: Record<string, unknown>;
  /** The line of a field, or of the nearest thing around it that is there */
  readonly lineOf: (path: string) => number;
}

/** Something that is wrong in a file. */
export interface Mistake {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

interface Ranged {
  range?: readonly number[] | null;
}

const start = (node: unknown): number | undefined => (node as Ranged | null)?.range?.[0];

/** The key, among some, that a path begins with: the longest, since keys may have dots. */
function keyAt(keys: readonly string[], path: string): string | undefined {
  const fits = keys.filter((key) => path === key || path.startsWith(`${key}.`) || path.startsWith(`${key}[`));
  return fits.sort((a, b) => b.length - a.length)[0];
}

/** Where in the text a path leads, as far as it leads. */
function offsetOf(node: unknown, path: string, around: number): number {
  if (path === '') return around;
  if (isMap(node)) {
    const keys = node.items.map(({ key }) => String(isScalar(key) ? key.value : key));
    const key = keyAt(keys, path);
    if (key === undefined) return around;
    const pair = node.items[keys.indexOf(key)]!;
    return offsetOf(pair.value, path.slice(key.length).replace(/^\./, ''), start(pair.key) ?? around);
  }
  const [whole, index] = /^\[(\d+)\]\.?/.exec(path) ?? [];
  if (!isSeq(node) || whole === undefined) return around;
  const item = node.items[Number(index)];
  return item === undefined ? around : offsetOf(item, path.slice(whole.length), start(item) ?? around);
}

/** Reads the manifests of a text, and the items of its lists. */
export function parseManifests({ file, text }: SourceText): { manifests: ParsedManifest[]; mistakes: Mistake[] } {
  const lines = new LineCounter();
  const lineAt = (offset: number) => lines.linePos(offset).line;
  const manifests: ParsedManifest[] = [];
  const mistakes: Mistake[] = [];
  const take = (node: unknown, value: unknown, around: number) => {
    const begin = start(node) ?? around;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      mistakes.push({ file, line: lineAt(begin), text: 'This is not a manifest: write a map with kind and metadata.' });
      return;
    }
    const map = value as Record<string, unknown>;
    if (map['kind'] === 'List' && Array.isArray(map['items'])) {
      const items = isMap(node) ? node.get('items', true) : undefined;
      map['items'].forEach((item, i) => take(isSeq(items) ? items.items[i] : undefined, item, begin));
      return;
    }
    // What is observed is not applied.
    const { status: _status, ...decided } = map;
    const lineOf = (path: string) => lineAt(offsetOf(node, path, begin));
    const inexact = inexactNumberIn(decided);
    if (inexact !== undefined) {
      const what = 'This is a number beyond 2^53 - 1, which would be sent as another one: write it in quotes.';
      mistakes.push({ file, line: lineOf(inexact), text: `${inexact}: ${what}` });
      return;
    }
    manifests.push({ file, value: decided, lineOf });
  };
  for (const document of parseAllDocuments(text, { lineCounter: lines, prettyErrors: false })) {
    if (!('errors' in document)) continue;
    for (const { message, pos } of document.errors) mistakes.push({ file, line: lineAt(pos[0]), text: message });
    if (document.errors.length > 0) continue;
    try {
      const value: unknown = document.toJS({ maxAliasCount: 100 });
      if (value !== null && value !== undefined) take(document.contents, value, document.range[0]);
    } catch (error) {
      mistakes.push({ file, line: lineAt(document.range[0]), text: (error as Error).message });
    }
  }
  // Files were put behind one another.
  for (const { index } of text.matchAll(/^\ufeff/gm))
    mistakes.push({
      file,
      line: lineAt(index),
      text: 'Another file begins here, with a byte-order mark: take the mark out.',
    });
  return { manifests, mistakes };
}
