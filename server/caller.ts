// Who is calling, and what they may do: the one place that the access work replaces.

/** What may be done to an object: see requirement A2. `uplink` is what bastions may do. */
export type Action = 'read' | 'apply' | 'destroy' | 'admin' | 'uplink';

/** Permission to do something in a place, `action:cloud:environment:target`, `*` allowed in each. */
export interface Grant {
  readonly action: Action | '*';
  readonly cloud: string;
  readonly environment: string;
  /** A server's name, or `plural/name` for another kind; a trailing `*` matches any ending, `*` alone everything */
  readonly target: string;
}

/** Everything a caller may do; nothing when empty. */
export type Scope = readonly Grant[];

/** The scope that holds everything. */
export const everything: Scope = [{ action: '*', cloud: '*', environment: '*', target: '*' }];

/** A request's or a connection's author. */
export interface Caller {
  /** Recorded with each change, such as `local` or `user/ann` */
  readonly actor: string;
  readonly scope: Scope;
}

/** What is known of a request or a WebSocket connection before it is served. */
export interface Credentials {
  /** The Bearer token, from the Authorization header or connectionParams; read, not yet checked */
  readonly token: string | undefined;
  /** The peer's address */
  readonly address: string;
}

/** Turns a request or a connection into its caller. */
export function identify(_credentials: Credentials): Caller {
  return { actor: 'local', scope: everything };
}
