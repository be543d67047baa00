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

function tooDeep(what: string, maxDepth: number): LimitExceeded {
  return new LimitExceeded({
    code: 'VALUE_TOO_DEEP',
    status: 400,
    message: `${what} has lists and objects more than ${maxDepth.toLocaleString('en')} deep: flatten it`,
  });
}
