// The state that all requests share: the handlers, once the database is open, and the operations in flight.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Caller, Credentials } from '../domain/access/caller.ts';
import type { Backend } from '../operation/operation.ts';
import type { WebSockets } from '../pipeline/webSockets.ts';
import type { Pipeline } from '../pipeline/yoga.ts';

/** Answers a request at one path. */
export type Handle = (request: IncomingMessage, response: ServerResponse, requestId: string) => void | Promise<void>;

/** The handlers of requests, once the database is open. */
export interface Serving {
  pipeline: Pipeline;
  webSockets: WebSockets;
  backend: Backend;
  /** Who is behind a request's or a connection's credentials. Throws Unauthenticated. */
  identify: (credentials: Credentials) => Promise<Caller>;
  /** Paths that are there only then */
  routes: ReadonlyMap<string, Handle>;
}

export interface State {
  /** Undefined while labd starts */
  serving: Serving | undefined;
  stopping: boolean;
  /** Operations that a stop waits for */
  readonly inFlight: Set<ServerResponse>;
}

/** Why labd does not serve now: it starts or stops. */
export const notServing = ({ stopping }: State): 'starting' | 'stopping' => (stopping ? 'stopping' : 'starting');
