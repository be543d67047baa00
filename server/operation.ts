// The context of one operation, the same over HTTP and over a WebSocket.
import type { Caller } from './caller.ts';
import type { RequestContext } from './context.ts';

/** What an operation turned out to be; `none` until it is parsed and valid. */
export type OperationKind = 'query' | 'mutation' | 'subscription' | 'none';

/** Whatever has a signal that is made when asked for. */
interface Abortable {
  readonly signal: AbortSignal;
}

export interface OperationOptions {
  caller: Caller;
  requestId: string;
  address: string;
  agent: string;
  backend: Backend;
  /** What ends when the caller goes away */
  abortable: Abortable | undefined;
  /** Milliseconds on the server's clock */
  startedAt: number;
}

/** What operations are answered with. */
export type Backend = Pick<RequestContext, 'database' | 'hub' | 'fleet' | 'throttle'>;

/** A RequestContext with what the server itself notes about the operation. */
export class Operation implements RequestContext {
  readonly caller: Caller;
  readonly requestId: string;
  readonly address: string;
  readonly database: RequestContext['database'];
  readonly hub: RequestContext['hub'];
  readonly agent: string;
  readonly fleet: RequestContext['fleet'];
  readonly throttle: RequestContext['throttle'];
  readonly startedAt: number;
  kind: OperationKind = 'none';
  readonly #abortable: Abortable | undefined;

  constructor(options: OperationOptions) {
    this.caller = options.caller;
    this.requestId = options.requestId;
    this.address = options.address;
    this.database = options.backend.database;
    this.hub = options.backend.hub;
    this.agent = options.agent;
    this.fleet = options.backend.fleet;
    this.throttle = options.backend.throttle;
    this.startedAt = options.startedAt;
    this.#abortable = options.abortable;
  }

  get signal(): AbortSignal | undefined {
    return this.#abortable?.signal;
  }
}
