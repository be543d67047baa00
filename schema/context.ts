// The context that resolvers get: the operation's, and its gathering batches.
import type { RequestContext } from '../server/context.ts';
import { Batches } from './batch.ts';

/** What every resolver gets. */
export interface Context extends RequestContext {
  readonly batches: Batches;
}

/** Completes what the servers know of an operation. */
export const createContext = (operation: RequestContext): Context => ({ ...operation, batches: new Batches() });
