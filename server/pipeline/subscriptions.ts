// The subscriptions that are live, over either transport: counted, and ended all at once when labd stops.
import type { ExecutionResult } from 'graphql';

type Events = AsyncIterable<ExecutionResult>;

/** What graphql-ws needs to see that it can end a subscription: `throw` too. */
interface Live extends Required<AsyncIterator<ExecutionResult, void, void>> {
  [Symbol.asyncIterator](): Live;
}

export interface Subscriptions {
  readonly size: number;
  /** Follows `source` until it ends, its reader leaves, or `endAll` is called; each result goes through `present`. */
  track(
    source: Events,
    present: (result: ExecutionResult) => ExecutionResult,
    presentError: (error: unknown) => ExecutionResult,
    /** Is given what ends it with one last result, and returns what is called once it has ended */
    cuttable: (cut: (last: ExecutionResult) => void) => () => void,
  ): Live;
  /** Ends each as if it had no more events, so that callers are told that it is complete. */
  endAll(): void;
}

export function createSubscriptions(): Subscriptions {
  const live = new Set<() => void>();
  return {
    get size() {
      return live.size;
    },
    track(source, present, presentError, cuttable) {
      const iterator = source[Symbol.asyncIterator]();
      let over = false;
      let uncut = (): void => undefined;
      let answerWaiting: (() => void) | undefined;
      let last: ExecutionResult | undefined;
      const end = () => {
        if (over) return;
        over = true;
        live.delete(end);
        uncut();
        answerWaiting?.();
        // A source that fails while it is being left has nobody to tell, and must not end the process.
        void Promise.resolve(iterator.return?.()).catch(() => {});
      };
      live.add(end);
      const done = { done: true, value: undefined } as const;
      /** The last result that is still to be delivered after the end, if there is one. */
      const rest = (): IteratorResult<ExecutionResult, void> => {
        if (last === undefined) return done;
        const value = last;
        last = undefined;
        return { done: false, value };
      };
      uncut = cuttable((result) => {
        if (over) return;
        last = result;
        end();
      });
      if (over) uncut();
      const generator: Live = {
        next() {
          if (over) return Promise.resolve(rest());
          return new Promise((resolve) => {
            // Answered from here too, because a generator's own return() waits for its next event.
            answerWaiting = () => resolve(rest());
            iterator.next().then(
              (step) => {
                if (over) return;
                if (step.done === true) end();
                else resolve({ done: false, value: present(step.value) });
              },
              (error: unknown) => {
                if (over) return;
                resolve({ done: false, value: presentError(error) });
                end();
              },
            );
          });
        },
        return() {
          end();
          return Promise.resolve(done);
        },
        throw() {
          end();
          return Promise.resolve(done);
        },
        [Symbol.asyncIterator]: () => generator,
      };
      return generator;
    },
    endAll() {
      for (const end of [...live]) end();
    },
  };
}
