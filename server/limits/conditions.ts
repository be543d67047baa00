// How much an operation may ask for by its arguments: counted with its variables before anything of it runs.
import { type ExecutionArgs, getOperationAST } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Measure } from '../../schema/base/counted.ts';
import { Counting, type KnownCounts } from './count.ts';
import { LimitExceeded } from './exceeded.ts';
import { Selected } from './selected.ts';

/** How going past the bound of a measure is refused. */
const REFUSALS: Record<Measure, { code: string; remedy: string }> = {
  conditions: {
    code: 'TOO_MANY_CONDITIONS',
    remedy: 'ask in parts, or say it in fewer, such as with in: [...], startsWith or a label',
  },
  manifests: { code: 'TOO_MANY_MANIFESTS', remedy: 'apply them in parts' },
};

/** Refuses operations whose arguments, with variables in place, have more of a measure than `most` says. */
export function useConditionLimit(most: Readonly<Record<Measure, number>>): Plugin {
  const known: KnownCounts = new WeakMap();
  const measures = Object.keys(REFUSALS) as Measure[];
  const enough = Math.max(...Object.values(most));
  const check = ({ args }: { args: unknown }) => {
    const { schema, document, operationName, variableValues } = args as ExecutionArgs;
    const operation = getOperationAST(document, operationName);
    // Which operation is meant is not clear: execution says so.
    if (!operation) return;
    const selected = new Selected(schema, document, operation, variableValues ?? {});
    const count = new Counting(selected, known, enough).total();
    const measure = measures.find((one) => count[one] > most[one]);
    if (measure === undefined) return;
    // Where most of them are was not looked for in what is known.
    const again = new Counting(selected, new WeakMap(), enough);
    again.total();
    const field = again.largest(measure);
    const { code, remedy } = REFUSALS[measure];
    throw new LimitExceeded({
      code,
      status: 400,
      message: `The operation asks for more than ${most[measure].toLocaleString('en')} ${measure}, each value and each use of a variable counted, most of them in ${field}: ${remedy}`,
      details: { limit: most[measure], field },
    });
  };
  return { onExecute: check, onSubscribe: check };
}
