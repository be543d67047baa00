// JSONPath templates as kubectl has them: text with {paths} in it, {range …} and {end}.
// The dialect: https://kubernetes.io/docs/reference/kubectl/jsonpath/
import { nearest } from '../../common/nearest.ts';
import { CliError } from '../terminal/errors.ts';

type Find = (values: unknown[], root: unknown) => unknown[];

/** A step of a path; `key` is what it looks for in objects, when it is a name alone. */
interface Step {
  readonly find: Find;
  readonly key?: string;
}

type Path = (here: unknown, root: unknown) => unknown[];

/** A part of a template: writes what it makes of the present object. */
type Part = (here: unknown, root: unknown) => string;

const wrong = (template: string, why: string): CliError =>
  new CliError(
    'usage',
    `The JSONPath "${template}" cannot be read: ${why}.`,
    `Write paths in braces, such as '{.metadata.name}' or '{range .items[*]}{.metadata.name}{"\\n"}{end}'.`,
  );

const children = (value: unknown): unknown[] =>
  Array.isArray(value) ? value : value !== null && typeof value === 'object' ? Object.values(value) : [];

const field =
  (name: string): Find =>
  (values) =>
    values.flatMap((value) =>
      value !== null && typeof value === 'object' && !Array.isArray(value) && Object.hasOwn(value, name)
        ? [(value as Record<string, unknown>)[name]]
        : [],
    );

/** An object and everything below it. */
const descendants = (value: unknown): unknown[] => [value, ...children(value).flatMap(descendants)];

/** What stands in quotes between brackets: a key, or, as kubectl has it, a path below, whose dots may be escaped. */
function quoted(text: string): Find {
  const path = parsePath(`.${text}`);
  return (values, root) =>
    values.flatMap((value) => {
      const whole = field(text)([value], root);
      return whole.length > 0 ? whole : path(value, root);
    });
}

const slice =
  (from: number | undefined, to: number | undefined, by: number): Find =>
  (values) =>
    values.flatMap((value: unknown) =>
      Array.isArray(value) ? (value as unknown[]).slice(from, to).filter((_, n) => n % by === 0) : [],
    );

type Test = (a: unknown, b: unknown) => boolean;

const order =
  (holds: (sign: number) => boolean): Test =>
  (a, b) =>
    typeof a === typeof b && (typeof a === 'number' || typeof a === 'string')
      ? holds(a < (b as typeof a) ? -1 : Number(a > (b as typeof a)))
      : false;

const tests: Record<string, Test> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<=': order((sign) => sign <= 0),
  '>=': order((sign) => sign >= 0),
  '<': order((sign) => sign < 0),
  '>': order((sign) => sign > 0),
};

/** `'text'`, `"text"`, a number, true, false, null, or a path from @ or $. */
function operand(text: string, template: string): (here: unknown, root: unknown) => unknown {
  const quoted = /^(['"])(.*)\1$/s.exec(text);
  if (quoted) return () => quoted[2];
  if (/^[@$.]/.test(text)) {
    const path = parsePath(text, template);
    return (here, root) => path(here, root)[0];
  }
  try {
    const value = JSON.parse(text) as unknown;
    return () => value;
  } catch {
    throw wrong(template, `"${text}" is neither a value nor a path`);
  }
}

function filter(text: string, template: string): Find {
  const [, left, sign, right] = /^(.+?)\s*(==|!=|<=|>=|<|>)\s*(.+)$/s.exec(text) ?? [];
  const keep = (choose: (one: unknown, root: unknown) => boolean): Find => {
    return (values, root) => values.flatMap(children).filter((one) => choose(one, root));
  };
  if (sign === undefined) {
    const path = parsePath(text.trim(), template);
    return keep((one, root) => path(one, root).length > 0);
  }
  const [a, b] = [operand(left!.trim(), template), operand(right!.trim(), template)];
  return keep((one, root) => tests[sign]!(a(one, root), b(one, root)));
}

/** What stands between square brackets. */
function bracket(text: string, template: string): Find {
  if (text === '*') return (values) => values.flatMap(children);
  const condition = /^\?\((.*)\)$/s.exec(text);
  if (condition) return filter(condition[1]!.trim(), template);
  const [, from, to, by] = /^(-?\d*):(-?\d*)(?::(\d+))?$/.exec(text) ?? [];
  const number = (digits: string | undefined) => (digits ? Number(digits) : undefined);
  if (from !== undefined) return slice(number(from), number(to), Math.max(1, number(by) ?? 1));
  const several = (text.match(/(?:'[^']*'|"[^"]*"|[^,'"])+/g) ?? ['']).map((one) => one.trim());
  const steps = several.map((one): Find => {
    const name = /^(['"])(.+)\1$/s.exec(one);
    if (name) return quoted(name[2]!);
    if (!/^-?\d+$/.test(one)) throw wrong(template, `"[${text}]" is no index, range, name or filter`);
    return (values) =>
      values.flatMap((value) => {
        const found: unknown = Array.isArray(value) ? value.at(Number(one)) : undefined;
        return found === undefined ? [] : [found];
      });
  });
  return (values, root) => steps.flatMap((step) => step(values, root));
}

/** The end of the brackets that open at `at`, quotes and brackets within considered. */
function closing(text: string, at: number, template: string): number {
  let depth = 0;
  let quote = '';
  for (let i = at; i < text.length; i++) {
    const sign = text[i]!;
    if (quote) {
      if (sign === quote) quote = '';
    } else if (sign === '"' || sign === "'") quote = sign;
    else if (sign === '[') depth++;
    else if (sign === ']' && --depth === 0) return i;
  }
  throw wrong(template, 'a square bracket is not closed');
}

/** The steps of a path, and whether it begins at the whole. */
function stepsOf(text: string, template: string): { steps: Step[]; fromRoot: boolean } {
  const steps: Step[] = [];
  let rest = text.replace(/^[@$]/, '');
  while (rest !== '') {
    if (rest.startsWith('[')) {
      const end = closing(rest, 0, template);
      const inside = rest.slice(1, end).trim();
      const [, , key] = /^(['"])([^'"]+)\1$/.exec(inside) ?? [];
      steps.push({ find: bracket(inside, template), ...(key === undefined ? {} : { key }) });
      rest = rest.slice(end + 1);
      continue;
    }
    const recursive = rest.startsWith('..');
    const [whole, name] = /^\.{0,2}((?:\\.|[^.[\]\\])*)/s.exec(rest)!;
    if (whole === '' || (name === '' && rest !== '.' && !rest.slice(whole.length).startsWith('[')))
      throw wrong(template, `nothing can be made of "${rest}"`);
    if (recursive) steps.push({ find: (values) => values.flatMap(descendants) });
    if (name === '*') steps.push({ find: (values) => values.flatMap(children) });
    else if (name) {
      const key = name.replaceAll(/\\(.)/g, '$1');
      steps.push({ find: field(key), key });
    }
    rest = rest.slice(whole.length);
  }
  return { steps, fromRoot: text.startsWith('$') };
}

/** A path as what it finds in an object; `@` and nothing mean the object, `$` the whole. */
export function parsePath(text: string, template = text): Path {
  const { steps, fromRoot } = stepsOf(text, template);
  return (here, root) => steps.reduce((values, { find }) => find(values, root), [fromRoot ? root : here]);
}

/** A path of a template, which remembers what it was asked of, to say why it found nothing. */
class AskedPath {
  readonly #text: string;
  readonly #find: Path;
  readonly #asked: [here: unknown, root: unknown][] = [];
  #found = false;

  constructor(text: string, template: string) {
    this.#text = text;
    this.#find = parsePath(text, template);
  }

  of(here: unknown, root: unknown): unknown[] {
    const values = this.#find(here, root);
    this.#found ||= values.length > 0;
    if (!this.#found) this.#asked.push([here, root]);
    return values;
  }

  /** The key that none of the objects has in which it was looked for; undefined where something else found nothing. */
  get missing(): { key: string; instead: string[] } | undefined {
    if (this.#found || this.#asked.length === 0) return undefined;
    const { steps, fromRoot } = stepsOf(this.#text, this.#text);
    const root = this.#asked[0]![1];
    let values: unknown[] = fromRoot ? [root] : this.#asked.map(([here]) => here);
    for (const { find, key } of steps) {
      const next = find(values, root);
      const objects = values.filter((one) => typeof one === 'object' && one !== null && !Array.isArray(one));
      const keys = [...new Set(objects.flatMap((one) => Object.keys(one as object)))];
      if (next.length === 0) return key === undefined || objects.length === 0 ? undefined : { key, instead: keys };
      values = next;
    }
    return undefined;
  }
}

/** A value as it is printed: texts as they are, the rest as JSON. */
export const printed = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

interface Frame {
  readonly parts: Part[];
  readonly range?: AskedPath;
}

const all = (parts: readonly Part[], here: unknown, root: unknown) => parts.map((part) => part(here, root)).join('');

/**
 * A template as what it writes about an object, each value as `print` writes it. Throws a usage error; what it gives throws
 * one for a path that leads nowhere, rather than write nothing.
 */
export function parseTemplate(template: string, print = printed): (object: unknown) => string {
  const frames: Frame[] = [{ parts: [] }];
  const paths: AskedPath[] = [];
  const ask = (text: string) => {
    const path = new AskedPath(text, template);
    paths.push(path);
    return path;
  };
  // Text outside of braces, or what is in a pair of them: braces in quotes do not count.
  const pieces = template.matchAll(/\{((?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[^{}"'])*)\}|([^{}]+)|[{}]/gs);
  for (const [piece, inside, outside] of pieces) {
    const { parts } = frames.at(-1)!;
    if (outside !== undefined) parts.push(() => outside);
    else if (inside === undefined) throw wrong(template, `"${piece}" has no partner`);
    else open(inside.trim(), { frames, template, print, ask });
  }
  if (frames.length > 1) throw wrong(template, 'a {range} has no {end}');
  if (paths.length === 0) throw wrong(template, 'it has no path in braces');
  return (object) => {
    const text = all(frames[0]!.parts, object, object);
    const missing = paths.map((path) => path.missing).find((one) => one !== undefined);
    if (missing) throw nowhere(template, missing);
    return text;
  };
}

function nowhere(template: string, { key, instead }: { key: string; instead: string[] }): CliError {
  const meant = nearest(key, instead);
  return new CliError(
    'failed',
    `The JSONPath "${template}" finds nothing: there is no "${key}" where it looks.${meant ? ` Did you mean "${meant}"?` : ''}`,
    instead.length > 0 && !meant ? `There is: ${instead.slice(0, 20).join(', ')}.` : undefined,
  );
}

const escapes: Record<string, string> = { n: '\n', t: '\t', r: '\r' };

interface Open {
  readonly frames: Frame[];
  readonly template: string;
  readonly print: (value: unknown) => string;
  readonly ask: (text: string) => AskedPath;
}

/** Adds what a pair of braces says to the frame that is open. */
function open(inside: string, { frames, template, print, ask }: Open): void {
  const { parts } = frames.at(-1)!;
  const [, , text] = /^(['"])(.*)\1$/s.exec(inside) ?? [];
  const [, over] = /^range\s+(.+)$/s.exec(inside) ?? [];
  if (text !== undefined) {
    const plain = text.replaceAll(/\\(.)/gs, (_, sign: string) => escapes[sign] ?? sign);
    parts.push(() => plain);
  } else if (over !== undefined) frames.push({ parts: [], range: ask(over.trim()) });
  else if (inside === 'end') {
    const { parts: inner, range } = frames.pop()!;
    if (!range) throw wrong(template, 'an {end} has no {range}');
    frames.at(-1)!.parts.push((here, root) =>
      range
        .of(here, root)
        .map((one) => all(inner, one, root))
        .join(''),
    );
  } else {
    const path = ask(inside);
    parts.push((here, root) => path.of(here, root).map(print).join(' '));
  }
}
