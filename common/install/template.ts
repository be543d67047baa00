// Templates of installers' files: values by path, each, if and unless, and parts. They can neither read files nor run code,
// and every value says in which form it is written.
//
//   {{ path | form }}   {{#each path as name}} … {{/each}}   {{#if path}} … {{else}} … {{/if}}   {{#unless path}} … {{/unless}}
//   {{> part}}          another template, with the same values
import { forms } from './forms.ts';
import { parse, type Node } from './templateNodes.ts';
import { TemplateError, type Position } from './templateError.ts';

/** Characters of one rendered file, and nodes on the way to it. */
const MOST_CHARACTERS = 1_000_000;
const MOST_STEPS = 200_000;
const DEEPEST_PART = 4;

export type Values = Readonly<Record<string, unknown>>;

/**
 * Renders one of several templates, which may be parts of one another. Throws a TemplateError that names the template, the line and the value.
 */
export function render(templates: Readonly<Record<string, string>>, name: string, values: Values): string {
  const run: Run = { templates, out: [], characters: 0, steps: 0 };
  renderPart(run, name, values, 0, { template: name, line: 1 });
  return run.out.join('');
}

interface Run {
  readonly templates: Readonly<Record<string, string>>;
  readonly out: string[];
  characters: number;
  steps: number;
}

function renderPart(run: Run, name: string, values: Values, depth: number, from: Position): void {
  if (!Object.hasOwn(run.templates, name)) throw new TemplateError(from, `there is no template ${name}`);
  if (depth > DEEPEST_PART)
    throw new TemplateError(from, `${name} is a part of itself, or parts are in parts too deep`);
  renderNodes(run, parse(name, run.templates[name]!), values, { name, depth });
}

interface Inside {
  readonly name: string;
  readonly depth: number;
}

function renderNodes(run: Run, nodes: readonly Node[], values: Values, inside: Inside): void {
  for (const node of nodes) {
    const at = { template: inside.name, line: node.line };
    step(run, at);
    writers[node.is](run, node as never, values, inside, at);
  }
}

type Writer<N extends Node> = (run: Run, node: N, values: Values, inside: Inside, at: Position) => void;

const writers: { readonly [K in Node['is']]: Writer<Extract<Node, { is: K }>> } = {
  text: (run, { text }, _values, _inside, at) => write(run, text, at),
  value(run, { path, form }, values, _inside, at) {
    const value = lookUp(path, values, at);
    let text: string;
    try {
      text = forms[form]!.write(value);
    } catch (error) {
      throw new TemplateError(at, `${path.join('.')} ${(error as Error).message}`);
    }
    write(run, text, at);
  },
  part: (run, { name }, values, { depth }, at) => renderPart(run, name, values, depth + 1, at),
  if(run, { path, then, otherwise }, values, inside, at) {
    renderNodes(run, isSet(lookUp(path, values, at)) ? then : otherwise, values, inside);
  },
  each(run, { path, as, body }, values, inside, at) {
    const list = lookUp(path, values, at);
    if (!Array.isArray(list)) throw new TemplateError(at, `${path.join('.')} is not a list`);
    for (const one of list) {
      step(run, at);
      renderNodes(run, body, { ...values, [as]: one as unknown }, inside);
    }
  },
};

function step(run: Run, at: Position): void {
  run.steps += 1;
  if (run.steps > MOST_STEPS) throw new TemplateError(at, 'it goes round too often');
}

function write(run: Run, text: string, at: Position): void {
  run.characters += text.length;
  if (run.characters > MOST_CHARACTERS)
    throw new TemplateError(at, `the file is longer than ${MOST_CHARACTERS} characters`);
  run.out.push(text);
}

/** Own properties alone: a path leads to what was handed in, and nowhere else. */
function lookUp(path: readonly string[], values: Values, at: Position): unknown {
  let value: unknown = values;
  for (const [index, name] of path.entries()) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, name)) {
      throw new TemplateError(at, `there is no value ${path.slice(0, index + 1).join('.')}`);
    }
    value = (value as Values)[name];
  }
  return value;
}

const isSet = (value: unknown): boolean =>
  Array.isArray(value) ? value.length > 0 : value !== null && value !== undefined && value !== false && value !== '';
