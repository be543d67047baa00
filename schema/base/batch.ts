// Loading for many parents at once: what the resolvers of one field ask for in one turn becomes one statement.
import type { GraphQLResolveInfo } from 'graphql';
import type { RequestContext } from './requestContext.ts';

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
  /** Untyped: each batch's types are known where `load` is called. */
  readonly #gathering = new Map<string, unknown>();

  constructor(operation: Pick<RequestContext, 'beforeReading'>) {
    this.#operation = operation;
  }

  /**
   * The result for one parent, loaded together with all parents that ask through the same field of the document before
   * the event loop's microtasks have run dry. `load` gets them all and returns how to find each one's result.
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
      const results = new Promise<void>((ready) => void Promise.resolve().then(() => process.nextTick(ready))).then(
        () => {
          this.#gathering.delete(key);
          this.#operation.beforeReading();
          return load(parents);
        },
      );
      batch = { parents, results };
      this.#gathering.set(key, batch);
    }
    batch.parents.push(parent);
    return batch.results.then((find) => find(parent));
  }
}
