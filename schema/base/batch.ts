// Loading for many parents at once: what the resolvers of one field ask for in one turn becomes one statement.
import type { GraphQLResolveInfo } from 'graphql';
import type { RequestContext } from './requestContext.ts';
import { inTurn, type Turns } from './turns.ts';

interface Batch<P, R> {
  readonly parents: P[];
  readonly results: Promise<(parent: P) => R>;
}

/** A field of the document, on one type: a fragment on an interface serves several. It may be merged out of several nodes. */
export const keyOf = ({ parentType, fieldNodes }: GraphQLResolveInfo): string =>
  `${parentType.name} ${fieldNodes.map((node) => node.loc?.start).join()}`;

/** The batches that are gathering, of one operation. Made anew per operation, since scope and variables belong to it. */
export class Batches {
  readonly #operation: Pick<RequestContext, 'beforeReading'>;
  readonly #turns: Turns;
  /** Untyped: each batch's types are known where `load` is called. */
  readonly #gathering = new Map<string, unknown>();

  constructor(operation: Pick<RequestContext, 'beforeReading'>, turns: Turns) {
    this.#operation = operation;
    this.#turns = turns;
  }

  /**
   * The result for one parent, loaded together with all parents that ask through the same field of the document before
   * the event loop's microtasks have run dry, and in the turns that wait by then: a long answer takes no more statements
   * than a short one. `load` gets them all and returns how to find each one's result.
   */
  load<P, R>(
    field: GraphQLResolveInfo | string,
    parent: P,
    load: (parents: readonly P[]) => Promise<(parent: P) => R>,
  ): Promise<R> {
    const key = typeof field === 'string' ? field : keyOf(field);
    let batch = this.#gathering.get(key) as Batch<P, R> | undefined;
    if (!batch) {
      const parents: P[] = [];
      const results = this.#turns.settled().then(() => {
        this.#gathering.delete(key);
        this.#operation.beforeReading();
        return load(parents);
      });
      batch = { parents, results };
      this.#gathering.set(key, batch);
    }
    batch.parents.push(parent);
    return batch.results.then((find) => inTurn(this.#turns, this.#operation, 1, () => find(parent)));
  }
}
