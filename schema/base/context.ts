// The contexts that resolvers get: the operation's own, which is the present, and that of an earlier revision.
import type { RequestContext } from './requestContext.ts';
import type { Origin } from '../../server/store/types.ts';
import { Batches } from './batch.ts';
import type { Earlier } from './rows.ts';
import { Turns } from './turns.ts';

/** What the schema adds to an operation's context. */
interface Additions {
  readonly batches: Batches;
  /** When each part of a long answer is made */
  readonly turns: Turns;
  /** For each root field that is asked at a revision, the context of all below it: see past/enterRevision.ts */
  readonly pasts: Map<string | number, PastContext>;
}

/** The operation's context: the present. */
export interface Context extends RequestContext, Additions {
  readonly past?: undefined;
}

/** The context of an earlier revision. It has no database, so that nothing in it can be answered from the present. */
export interface PastContext extends Pick<RequestContext, 'caller' | 'beforeReading'>, Additions {
  readonly past: Earlier;
}

/** The context of whichever moment is asked about. */
export type Moment = Context | PastContext;

/** What the schema adds, made anew for each operation. */
export function createContext(operation: Pick<RequestContext, 'beforeReading' | 'database'>): Additions {
  const turns = new Turns(operation.database.system.elapsed);
  return { batches: new Batches(operation, turns), turns, pasts: new Map() };
}

/** Who changes what through which mutation, as the change log keeps it. */
export const originOf = ({ caller, requestId, address }: Context, action: string): Origin => ({
  actor: caller.actor,
  action,
  requestId,
  address,
});
