// Who is calling, and what they may see: the one place that the access work replaces.

/** What may be done to an object; `admin` covers identities and the audit trail. */
export type Action = 'read' | 'apply' | 'destroy' | 'admin' | 'uplink';

/** Which objects a caller may act on. `everything` is the only scope until there are identities. */
export type Scope = 'everything';

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
  return { actor: 'local', scope: 'everything' };
}
