// How deep values may nest, in the document and in variables: whatever coerces and reads them calls itself.
import { type ExecutionArgs, visit } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { LimitExceeded } from './exceeded.ts';
import { onceParsed } from './parsed.ts';

/** Refuses operations with lists and objects more than `maxDepth` deep in one another. */
export function useValueDepthLimit(maxDepth: number): Plugin {
  const check = ({ args }: { args: unknown }) => {
    const { variableValues } = args as ExecutionArgs;
    for (const name in variableValues)
      if (isDeeper(variableValues[name], maxDepth)) throw tooDeep(`The variable ${JSON.stringify(name)}`, maxDepth);
  };
  return {
    ...onceParsed((document) => {
      let depth = 0;
      const enter = () => {
        if (++depth > maxDepth) throw tooDeep('A value in the document', maxDepth);
      };
      const level = { enter, leave: () => void depth-- };
      visit(document, { ListValue: level, ObjectValue: level });
    }),
    onExecute: check,
    onSubscribe: check,
  };
}

/** Level by level, in plain loops: a bastion's batch has thousands of objects. */
function isDeeper(value: unknown, maxDepth: number): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; ; depth++) {
    const inner: unknown[] = [];
    for (const one of level) {
      if (typeof one !== 'object' || one === null) continue;
      if (depth === maxDepth) return true;
      if (Array.isArray(one)) for (const item of one) inner.push(item);
      else for (const name in one) inner.push((one as Record<string, unknown>)[name]);
    }
    if (inner.length === 0) return false;
    level = inner;
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Refuses the text of a request whose lists and objects are too deep in one another to be one's values, before it costs
 * the time to parse it. It may be no JSON at all.
 */
export function refuseDeepText(text: Buffer, maxDepth: number): void {
  // The body's own braces, and those around the variables.
  const most = maxDepth + 2;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const byte = text[at]!;
    if (byte === QUOTE) at = closingQuote(text, at);
    else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
      if (++depth > most) throw tooDeep('The body of the request', maxDepth);
    } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) depth--;
  }
}

/** Where a string ends that begins at `at`: the next quote with an even number of backslashes before it. */
function closingQuote(text: Buffer, at: number): number {
  for (let end = at; ;) {
    end = text.indexOf(QUOTE, end + 1);
    if (end < 0) return text.length;
    let before = end;
    while (text[before - 1] === BACKSLASH) before--;
    if ((end - before) % 2 === 0) return end;
  }
}

function tooDeep(what: string, maxDepth: number): LimitExceeded {
  return new LimitExceeded({
    code: 'VALUE_TOO_DEEP',
    status: 400,
    message: `${what} has lists and objects more than ${maxDepth.toLocaleString('en')} deep: flatten it`,
  });
}
