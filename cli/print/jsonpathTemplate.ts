// JSONPath templates as kubectl has them: text with {paths} in it, {range …} and {end}.
// The dialect: https://kubernetes.io/docs/reference/kubectl/jsonpath/
import { CliError } from '../terminal/errors.ts';

type Step = (values: unknown[], root: unknown) => unknown[];

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
  (name: string): Step =>
  (values) =>
    values.flatMap((value) =>
      value !== null && typeof value === 'object' && !Array.isArray(value) && Object.hasOwn(value, name)
        ? [(value as Record<string, unknown>)[name]]
        : [],
    );

/** An object and everything below it. */
const descendants = (value: unknown): unknown[] => [value, ...children(value).flatMap(descendants)];

const slice =
  (from: number | undefined, to: number | undefined, by: number): Step =>
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

function filter(text: string, template: string): Step {
  const [, left, sign, right] = /^(.+?)\s*(==|!=|<=|>=|<|>)\s*(.+)$/s.exec(text) ?? [];
  const keep = (choose: (one: unknown, root: unknown) => boolean): Step => {
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
function bracket(text: string, template: string): Step {
  if (text === '*') return (values) => values.flatMap(children);
  const condition = /^\?\((.*)\)$/s.exec(text);
  if (condition) return filter(condition[1]!.trim(), template);
  const [, from, to, by] = /^(-?\d*):(-?\d*)(?::(\d+))?$/.exec(text) ?? [];
  const number = (digits: string | undefined) => (digits ? Number(digits) : undefined);
  if (from !== undefined) return slice(number(from), number(to), Math.max(1, number(by) ?? 1));
  const several = text.split(',').map((one) => one.trim());
  const steps = several.map((one): Step => {
    const name = /^(['"])(.*)\1$/s.exec(one);
    if (name) return field(name[2]!);
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

/** A path as what it finds in an object; `@` and nothing mean the object, `$` the whole. */
export function parsePath(text: string, template = text): (here: unknown, root: unknown) => unknown[] {
  const steps: Step[] = [];
  const fromRoot = text.startsWith('$');
  let rest = text.replace(/^[@$]/, '');
  while (rest !== '') {
    if (rest.startsWith('[')) {
      const end = closing(rest, 0, template);
      steps.push(bracket(rest.slice(1, end).trim(), template));
      rest = rest.slice(end + 1);
      continue;
    }
    const recursive = rest.startsWith('..');
    const [whole, name] = /^\.{0,2}((?:\\.|[^.[\]\\])*)/s.exec(rest)!;
    if (whole === '' || (name === '' && rest !== '.' && !rest.slice(whole.length).startsWith('[')))
      throw wrong(template, `nothing can be made of "${rest}"`);
    if (recursive) steps.push((values) => values.flatMap(descendants));
    if (name === '*') steps.push((values) => values.flatMap(children));
    else if (name) steps.push(field(name.replaceAll(/\\(.)/g, '$1')));
    rest = rest.slice(whole.length);
  }
  return (here, root) => steps.reduce((values, step) => step(values, root), [fromRoot ? root : here]);
}

/** A value as it is printed: texts as they are, the rest as JSON. */
export const printed = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

interface Frame {
  readonly parts: Part[];
  readonly range?: (here: unknown, root: unknown) => unknown[];
}

const all = (parts: readonly Part[], here: unknown, root: unknown) => parts.map((part) => part(here, root)).join('');

/** A template as what it writes about an object, each value as `print` writes it. Throws a usage error. */
export function parseTemplate(template: string, print = printed): (object: unknown) => string {
  const frames: Frame[] = [{ parts: [] }];
  // Text outside of braces, or what is in a pair of them: braces in quotes do not count.
  const pieces = template.matchAll(/\{((?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[^{}"'])*)\}|([^{}]+)|[{}]/gs);
  for (const [piece, inside, outside] of pieces) {
    const { parts } = frames.at(-1)!;
    if (outside !== undefined) parts.push(() => outside);
    else if (inside === undefined) throw wrong(template, `"${piece}" has no partner`);
    else open(inside.trim(), { frames, template, print });
  }
  if (frames.length > 1) throw wrong(template, 'a {range} has no {end}');
  return (object) => all(frames[0]!.parts, object, object);
}

const escapes: Record<string, string> = { n: '\n', t: '\t', r: '\r' };

interface Open {
  readonly frames: Frame[];
  readonly template: string;
  readonly print: (value: unknown) => string;
}

/** Adds what a pair of braces says to the frame that is open. */
function open(inside: string, { frames, template, print }: Open): void {
  const { parts } = frames.at(-1)!;
  const [, , text] = /^(['"])(.*)\1$/s.exec(inside) ?? [];
  const [, over] = /^range\s+(.+)$/s.exec(inside) ?? [];
  if (text !== undefined) {
    const plain = text.replaceAll(/\\(.)/gs, (_, sign: string) => escapes[sign] ?? sign);
    parts.push(() => plain);
  } else if (over !== undefined) frames.push({ parts: [], range: parsePath(over.trim(), template) });
  else if (inside === 'end') {
    const { parts: inner, range } = frames.pop()!;
    if (!range) throw wrong(template, 'an {end} has no {range}');
    frames.at(-1)!.parts.push((here, root) =>
      range(here, root)
        .map((one) => all(inner, one, root))
        .join(''),
    );
  } else {
    const path = parsePath(inside, template);
    parts.push((here, root) => path(here, root).map(print).join(' '));
  }
}
