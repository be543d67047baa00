// How much an operation may cost: priced with its variables before anything of it runs.
import { type DocumentNode, type ExecutionArgs, getOperationAST, type GraphQLSchema } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { LimitExceeded } from './exceeded.ts';
import { type KnownPrices, Pricing } from './price.ts';
import { Selected, type Variables } from './selected.ts';

/** Refuses operations whose answers, or each of whose events, may hold more than `maxCost` objects. */
export function useCostLimit(maxCost: number): Plugin {
  const known: KnownPrices = new WeakMap();
  const check = ({ args }: { args: unknown }) => {
    const { schema, document, operationName, variableValues } = args as ExecutionArgs;
    const pricing = pricingOf(schema, document, operationName, variableValues, known);
    // Which operation is meant is not clear: execution says so.
    if (pricing === undefined) return;
    const cost = Math.min(pricing.total(), Number.MAX_SAFE_INTEGER);
    if (cost <= maxCost) return;
    const { path } = pricing.dearest();
    throw new LimitExceeded({
      code: 'OPERATION_TOO_EXPENSIVE',
      status: 400,
      message: `The answer may hold ${cost.toLocaleString('en')} objects, more than ${maxCost.toLocaleString('en')}, most of them in ${path}: ask for a smaller page there or above, such as first: 10, and follow pageInfo`,
      details: { cost, limit: maxCost, field: path },
    });
  };
  return { onExecute: check, onSubscribe: check };
}

function pricingOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  name: string | null | undefined,
  variables: Variables | null | undefined,
  known: KnownPrices,
): Pricing | undefined {
  const operation = getOperationAST(document, name);
  return operation ? new Pricing(new Selected(schema, document, operation, variables ?? {}), known) : undefined;
}

/** What an operation is estimated to cost; undefined when the document has no such operation. */
export function costOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  { operationName, variables }: { operationName?: string; variables?: Variables } = {},
): number | undefined {
  return pricingOf(schema, document, operationName, variables, new WeakMap())?.total();
}
