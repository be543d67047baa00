// Makes the context of one operation, for HTTP and WebSockets alike.
import type { Caller } from '../domain/access/caller.ts';
import type { RequestContext } from '../../schema/base/requestContext.ts';

/** What an operation turned out to be; `none` until it is parsed and valid. */
export type OperationKind = 'query' | 'mutation' | 'subscription' | 'none';

/** The client that waits for the answer. */
export interface Waiting {
  /** Nobody waits any more: cheaper to ask than the signal, which is made when asked for */
  readonly gone: boolean;
  /** Aborts when nobody waits any more */
  readonly signal: AbortSignal;
}

export interface OperationOptions {
  caller: Caller;
  requestId: string;
  address: string;
  agent: string;
  backend: Backend;
  waiting: Waiting | undefined;
  /** Milliseconds on the server's clock */
  startedAt: number;
}

/** The services that resolvers use. */
export type Backend = Pick<
  RequestContext,
  'database' | 'hub' | 'fleet' | 'throttle' | 'authority' | 'secrets' | 'openId'
>;

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
  readonly authority: RequestContext['authority'];
  readonly secrets: RequestContext['secrets'];
  readonly openId: RequestContext['openId'];
  readonly startedAt: number;
  kind: OperationKind = 'none';
  readonly #waiting: Waiting | undefined;
  #stopped: Error | undefined;
  #aborter: AbortController | undefined;
  #unlink: (() => void) | undefined;

  constructor(options: OperationOptions) {
    this.caller = options.caller;
    this.requestId = options.requestId;
    this.address = options.address;
    this.database = options.backend.database;
    this.hub = options.backend.hub;
    this.agent = options.agent;
    this.fleet = options.backend.fleet;
    this.throttle = options.backend.throttle;
    this.authority = options.backend.authority;
    this.secrets = options.backend.secrets;
    this.openId = options.backend.openId;
    this.startedAt = options.startedAt;
    this.#waiting = options.waiting;
  }

  get signal(): AbortSignal {
    if (this.#aborter === undefined) {
      this.#aborter = new AbortController();
      if (this.#stopped !== undefined) this.#aborter.abort(this.#stopped);
      else this.#link(this.#aborter);
    }
    return this.#aborter.signal;
  }

  beforeReading(): void {
    // What a mutation has committed is answered, however late.
    if (this.kind !== 'mutation') this.beforeWriting();
  }

  beforeWriting(): void {
    if (this.#stopped !== undefined) throw this.#stopped;
    if (this.#waiting?.gone === true) throw abandoned();
  }

  /** Stops it, for this reason. */
  stop(reason: Error): void {
    this.#stopped ??= reason;
    this.#aborter?.abort(this.#stopped);
  }

  /** It has been answered: a connection that lives on lets go of it. */
  end(): void {
    this.#unlink?.();
  }

  #link(aborter: AbortController): void {
    const signal = this.#waiting?.signal;
    if (signal === undefined) return;
    const abort = () => aborter.abort(signal.reason);
    if (signal.aborted) abort();
    else {
      signal.addEventListener('abort', abort, { once: true });
      this.#unlink = () => signal.removeEventListener('abort', abort);
    }
  }
}

function abandoned(): Error {
  return new DOMException('Nobody waits for the answer any more', 'AbortError');
}
