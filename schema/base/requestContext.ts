// What the schema asks of whoever runs an operation in it: who asks, and what labd has to answer with. labd's own
// operation (server/operation) is one of these; the schema knows no more of it.
import type { Caller } from '../../server/domain/access/caller.ts';
import type { Authority } from '../../server/domain/access/authority.ts';
import type { OpenId } from '../../server/domain/access/openid.ts';
import type { Throttle } from '../../server/domain/access/throttle.ts';
import type { Fleet } from '../../server/domain/fleet/uplink/fleet.ts';
import type { Secrets } from '../../server/domain/secrets/secrets.ts';
import type { Database } from '../../server/store/types.ts';
import type { Hub } from '../../server/stream/hub.ts';

/** What the HTTP and WebSocket servers hand to the schema for each operation. */
export interface RequestContext {
  readonly caller: Caller;
  /** Returned to the caller, logged, and kept with each change */
  readonly requestId: string;
  /** The peer's address */
  readonly address: string;
  /** What the caller's program calls itself */
  readonly agent: string;
  /** Aborts when the caller goes away or time runs out */
  readonly signal: AbortSignal | undefined;
  /** Throws once the signal has aborted, unless in a mutation: before each statement that reads for the answer */
  beforeReading(): void;
  /** Throws once the signal has aborted: before a mutation's transaction begins, and before it commits */
  beforeWriting(): void;
  readonly database: Database;
  readonly hub: Hub;
  readonly fleet: Fleet;
  readonly throttle: Throttle;
  /** The provider that vouches for people, if there is one */
  readonly openId: OpenId | undefined;
  readonly authority: Authority;
  readonly secrets: Secrets;
}
