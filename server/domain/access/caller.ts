// The caller of an operation: who it is, what it may do, and whether its credential is still valid.
import type { Scope } from '../grants.ts';
import type { Maker } from '../maker.ts';

export { everything, type Action, type Grant, type Scope } from '../grants.ts';

/** What kind of caller it is; `anonymous` has no credential. */
export type CallerKind = 'anonymous' | 'user' | 'bastion' | 'agent' | 'labd';

export interface CallerOptions {
  /** Recorded with each change, such as `user/ann` or `bastion/site-1` */
  readonly actor: string;
  readonly scope: Scope;
  readonly kind?: CallerKind;
  /** The user's, bastion's or agent's uuid */
  readonly id?: string | null;
  /** What it proved itself with: `Session:uuid`, `Token:uuid` or `Certificate:uuid`; null for none */
  readonly credential?: string | null;
  /** The names of its roles */
  readonly roles?: readonly string[];
  /** When its credential ends; null for never */
  readonly expiresAt?: Date | null;
  /** That credential, as far as it limits what is made with it; null for labd itself */
  readonly maker?: Maker | null;
  /** What else its credential hangs on, `Token:uuid` and `User:uuid` */
  readonly reliesOn?: readonly string[];
}

type Listener = () => void;

/**
 * A caller. Its scope is replaced when its roles change, and it ends when its credential does: whatever lives longer
 * than one answer listens for both.
 */
export class Caller {
  readonly actor: string;
  readonly kind: CallerKind;
  readonly id: string | null;
  readonly credential: string | null;
  readonly expiresAt: Date | null;
  readonly maker: Maker | null;
  readonly reliesOn: readonly string[];
  #scope: Scope;
  #roles: readonly string[];
  #ended: string | undefined;
  readonly #onScope = new Set<Listener>();
  readonly #onEnd = new Set<Listener>();

  constructor({
    actor,
    scope,
    kind = 'user',
    id = null,
    credential = null,
    roles = [],
    expiresAt = null,
    maker = null,
    reliesOn = [],
  }: CallerOptions) {
    this.actor = actor;
    this.kind = kind;
    this.id = id;
    this.credential = credential;
    this.expiresAt = expiresAt;
    this.maker = maker;
    this.reliesOn = reliesOn;
    this.#scope = scope;
    this.#roles = roles;
  }

  get scope(): Scope {
    return this.#scope;
  }

  get roles(): readonly string[] {
    return this.#roles;
  }

  /** Why it has ended, in a sentence; undefined as long as it has not. */
  get ended(): string | undefined {
    return this.#ended;
  }

  /** Whether a subscription or a connection still runs on its behalf. */
  get live(): boolean {
    return this.#onEnd.size > 0 || this.#onScope.size > 0;
  }

  /** Gives it another scope. */
  rescope(scope: Scope, roles: readonly string[]): void {
    this.#scope = scope;
    this.#roles = roles;
    for (const listener of [...this.#onScope]) listener();
  }

  /** Ends it: its credential was revoked, or has expired. */
  end(why: string): void {
    if (this.#ended !== undefined) return;
    this.#ended = why;
    this.#scope = [];
    for (const listener of [...this.#onEnd]) listener();
    this.#onEnd.clear();
    this.#onScope.clear();
  }

  /** Calls back whenever its scope is replaced. Returns what stops that. */
  onScope(listener: Listener): () => void {
    this.#onScope.add(listener);
    return () => void this.#onScope.delete(listener);
  }

  /** Calls back when it ends; at once if it has. Returns what stops that. */
  onEnd(listener: Listener): () => void {
    if (this.#ended === undefined) this.#onEnd.add(listener);
    else listener();
    return () => void this.#onEnd.delete(listener);
  }
}

/** The caller of requests without a credential. */
export const anonymous = new Caller({ actor: 'anonymous', kind: 'anonymous', scope: [] });

/** What a peer's certificate says, once labd's own authority has vouched for it. */
export interface Certificate {
  readonly kind: 'bastion' | 'agent';
  /** The bastion's or agent's uuid */
  readonly id: string;
  /** The enrolment that it came from */
  readonly enrolment: string;
  readonly expiresAt: Date;
}

/** What is known of a request or a WebSocket connection before it is served. */
export interface Credentials {
  /** The Bearer token from the Authorization header or connectionParams, or the session's cookie; read, not yet checked */
  readonly token: string | undefined;
  readonly certificate?: Certificate | undefined;
  /** The peer's address */
  readonly address: string;
}
