// Reads the text of a template into nodes. All that can be wrong with a template apart from its values is found here.
import { forms } from './forms.ts';
import { TemplateError, type Position } from './templateError.ts';

export type Node =
  | { readonly is: 'text'; readonly line: number; readonly text: string }
  | { readonly is: 'value'; readonly line: number; readonly path: readonly string[]; readonly form: string }
  | { readonly is: 'part'; readonly line: number; readonly name: string }
  | {
      readonly is: 'if';
      readonly line: number;
      readonly path: readonly string[];
      readonly then: Node[];
      readonly otherwise: Node[];
    }
  | {
      readonly is: 'each';
      readonly line: number;
      readonly path: readonly string[];
      readonly as: string;
      readonly body: Node[];
    };

/** A block that has been opened, and where what follows goes. */
interface Open {
  readonly word: string;
  readonly line: number;
  into: Node[];
  /** Undefined for what takes no `else`, and behind one */
  otherwise?: Node[] | undefined;
}

const PATH = '[A-Za-z_]\\w*(?:\\.\\w+)*';
const VALUE = new RegExp(`^(${PATH})\\s*\\|\\s*(\\w+)$`);
const EACH = new RegExp(`^#each\\s+(${PATH})\\s+as\\s+([A-Za-z_]\\w*)$`);
const IF = new RegExp(`^#(if|unless)\\s+(${PATH})$`);
const CLOSE = /^\/(each|if|unless)$/;
const PART = /^>\s*([\w.-]+)$/;
const TAG = /\{\{(.*?)\}\}/g;
/** A tag that writes nothing itself, with a line to itself, takes that line away. */
const LONE = /^[ \t]*(\{\{\s*(?:[#/>][^{}]*|else\s*)\}\})[ \t]*(?:\n|$)/gm;

/** Reads a template. Throws a TemplateError. */
export function parse(template: string, source: string): Node[] {
  const text = source.replaceAll('\r\n', '\n');
  const root: Node[] = [];
  const open: Open[] = [{ word: '', line: 1, into: root }];
  const lone = new Map([...text.matchAll(LONE)].map((match) => [match.index + match[0].indexOf('{{'), match]));
  let end = 0;
  let line = 1;
  for (const match of text.matchAll(TAG)) {
    const whole = lone.get(match.index);
    const start = whole ? whole.index : match.index;
    line = keep(open.at(-1)!.into, text.slice(end, start), { template, line });
    end = whole ? whole.index + whole[0].length : match.index + match[0].length;
    const around = { before: text[match.index - 1] ?? '', after: text[match.index + match[0].length] ?? '' };
    readTag(open, match[1]!.trim(), { template, line }, around);
    line += whole?.[0].endsWith('\n') ? 1 : 0;
  }
  keep(open.at(-1)!.into, text.slice(end), { template, line });
  const unclosed = open[1];
  if (unclosed) throw new TemplateError({ template, line: unclosed.line }, `{{#${unclosed.word}}} is never closed`);
  return root;
}

/** Adds text; returns the line after it. */
function keep(into: Node[], text: string, { template, line }: Position): number {
  const begun = text.indexOf('{{');
  if (begun >= 0)
    throw new TemplateError({ template, line: line + linesIn(text.slice(0, begun)) }, '{{ has no }} on its line');
  if (text !== '') into.push({ is: 'text', line, text });
  return line + linesIn(text);
}

const linesIn = (text: string): number => text.split('\n').length - 1;

interface Around {
  readonly before: string;
  readonly after: string;
}

function readTag(open: Open[], tag: string, at: Position, around: Around): void {
  const { into } = open.at(-1)!;
  const value = VALUE.exec(tag);
  if (value) return void into.push(valueOf(value, at, around));
  const part = PART.exec(tag);
  if (part) return void into.push({ is: 'part', line: at.line, name: part[1]! });
  const each = EACH.exec(tag);
  if (each) {
    const body: Node[] = [];
    into.push({ is: 'each', line: at.line, path: each[1]!.split('.'), as: each[2]!, body });
    return void open.push({ word: 'each', line: at.line, into: body });
  }
  const condition = IF.exec(tag);
  if (condition) {
    const [first, second]: [Node[], Node[]] = [[], []];
    const [then, otherwise] = condition[1] === 'if' ? [first, second] : [second, first];
    into.push({ is: 'if', line: at.line, path: condition[2]!.split('.'), then, otherwise });
    return void open.push({ word: condition[1]!, line: at.line, into: first, otherwise: second });
  }
  closeOrTurn(open, tag, at);
}

function closeOrTurn(open: Open[], tag: string, at: Position): void {
  const block = open.at(-1)!;
  if (tag === 'else') {
    if (!block.otherwise) throw new TemplateError(at, '{{else}} belongs to no if or unless');
    block.into = block.otherwise;
    block.otherwise = undefined;
    return;
  }
  const close = CLOSE.exec(tag)?.[1];
  if (close === undefined)
    throw new TemplateError(at, `{{${tag}}} is no tag; a value is written {{ path | form }}, with its form`);
  if (close !== block.word) throw new TemplateError(at, `{{/${close}}} closes no {{#${close}}}`);
  open.pop();
}

function valueOf([, path, form]: RegExpExecArray, at: Position, around: Around): Node {
  if (!Object.hasOwn(forms, form!))
    throw new TemplateError(at, `${path} has the form ${form}, and there are ${Object.keys(forms).join(', ')} alone`);
  if (forms[form!]!.quotes && /["'\\`]/.test(around.before + around.after))
    throw new TemplateError(at, `${path} stands beside a quote or a backslash, and the form ${form} brings its own`);
  return { is: 'value', line: at.line, path: path!.split('.'), form: form! };
}
