// Loading for many parents at once: what the resolvers of one field ask for in one turn becomes one statement.
import type { GraphQLResolveInfo } from 'graphql';
import type { RequestContext } from './requestContext.ts';
import type { Turns } from './turns.ts';

/** A parent, and who waits for what is loaded for it. */
interface Waiting<P, R> {
  readonly parent: P;
  readonly resolve: (result: R) => void;
  readonly reject: (error: unknown) => void;
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
    let gathered = this.#gathering.get(key) as Waiting<P, R>[] | undefined;
    if (!gathered) {
      gathered = [];
      this.#gathering.set(key, gathered);
      void this.#answer(key, gathered, load);
    }
    const batch = gathered;
    return new Promise<R>((resolve, reject) => batch.push({ parent, resolve, reject }));
  }

  async #answer<P, R>(
    key: string,
    batch: readonly Waiting<P, R>[],
    load: (parents: readonly P[]) => Promise<(parent: P) => R>,
  ): Promise<void> {
    try {
      await this.#turns.settled();
      this.#gathering.delete(key);
      this.#operation.beforeReading();
      const find = await load(batch.map(({ parent }) => parent));
      await this.#turns.each(batch, ({ parent, resolve, reject }) => {
        try {
          this.#operation.beforeReading();
          resolve(find(parent));
        } catch (error) {
          reject(error);
        }
      });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
