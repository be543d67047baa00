// The context that resolvers get: the operation's, and its gathering batches.
import type { RequestContext } from './requestContext.ts';
import type { Origin } from '../../server/store/types.ts';
import { Batches } from './batch.ts';
import type { Earlier } from './rows.ts';

/** What the schema adds to an operation's context. */
interface Additions {
  readonly batches: Batches;
  /** The revision that is looked at, when it is not the present */
  readonly past?: Earlier;
  /** For each root field that is asked at a revision, the context of all below it: see past.ts */
  readonly pasts: Map<string | number, Context>;
}

/** What every resolver gets. */
export interface Context extends RequestContext, Additions {}

/** What the schema adds, made anew for each operation. */
export const createContext = (operation: Pick<RequestContext, 'beforeReading'>): Additions => ({
  batches: new Batches(operation),
  pasts: new Map(),
});

/** Who changes what through which mutation, as the change log keeps it. */
export const originOf = ({ caller, requestId, address }: Context, action: string): Origin => ({
  actor: caller.actor,
  action,
  requestId,
  address,
});
