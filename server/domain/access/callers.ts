// The callers that credentials belong to. They are cached and the cache follows the change log: revoking a
// credential ends its subscriptions, and a changed role takes effect at once.
import { Caller, anonymous, type Credentials } from './caller.ts';
import type { Change } from '../../store/generated/client.ts';
import type { Database } from '../../store/types.ts';
import { formatGrant, type Scope } from '../grants.ts';
import { byCertificate, bySecret, type Find } from './findCaller.ts';
import { isOver } from './lineage.ts';
import { TooManyTries } from '../errors.ts';
import { blockOf } from './addressBlock.ts';
import { parseSecret, type ParsedSecret } from './secrets.ts';
import { createThrottle, type Throttle } from './throttle.ts';

/** The credential that was shown is not good; the message says no more than the caller knows. */
export class Unauthenticated extends Error {
  override readonly name = 'Unauthenticated';
}

interface CachedCaller {
  readonly caller: Caller;
  readonly find: Find;
  /** Milliseconds of the time that elapsed: when its use was last written down */
  usedAt: number;
}

/** Callers cached at most; those without subscriptions go first. */
const CACHED_AT_MOST = 10_000;
/** The columns of a change that decide whether callers are affected. */
type AccessChange = Pick<Change, 'kind' | 'outcome' | 'objectId' | 'before' | 'after'>;

const isCaller = ({ id }: Caller, { objectId }: AccessChange): boolean => id === objectId;
const credential = (caller: Caller, { kind, objectId }: AccessChange): boolean =>
  caller.credential === `${kind}:${objectId}`;
const holder = ({ id }: Caller, { before, after }: AccessChange): boolean =>
  [before, after].some((row) => (row as { userId?: string } | null)?.userId === id);

/** Its credential was made with one of this user's, who may have been disabled. */
const above = ({ reliesOn }: Caller, { kind, objectId }: AccessChange): boolean =>
  reliesOn.includes(`${kind}:${objectId}`);

/** Which callers a change may affect, by the kind that changed. */
const affected: Readonly<Record<string, (caller: Caller, change: AccessChange) => boolean>> = {
  User: (caller, change) => isCaller(caller, change) || above(caller, change),
  Role: ({ kind }) => kind === 'user',
  RoleBinding: holder,
  Token: (caller, change) => credential(caller, change) || above(caller, change),
  Session: (caller, change) => credential(caller, change) || above(caller, change),
  Bastion: isCaller,
  Agent: isCaller,
};

/** How often a credential's use is written down at most, milliseconds. */
const NOTED_EVERY = 60_000;
/** How often credentials that have expired are looked for, milliseconds. */
const LOOK_EVERY = 500;

const sameScope = (a: Scope, b: Scope): boolean => a.map(formatGrant).join() === b.map(formatGrant).join();

export class Callers {
  readonly #db: Database;
  readonly #known = new Map<string, CachedCaller>();
  readonly #timer: NodeJS.Timeout;
  readonly #throttle: Throttle;
  /** Counts changes that may affect callers, so that an answer looked up before one is not cached after it. */
  #generation = 0;

  constructor(db: Database) {
    this.#db = db;
    this.#throttle = createThrottle(db.system.elapsed);
    this.#timer = setInterval(() => this.#expire(), LOOK_EVERY).unref();
  }

  /**
   * The caller behind a request's or a connection's credentials: the certificate's bastion or agent, else the token's
   * user, else nobody. Throws Unauthenticated for a token that is not, or no longer, worth anything, and
   * DatabaseUnavailable.
   */
  async identify({ token, certificate, address }: Credentials): Promise<Caller> {
    if (token !== undefined) {
      const secret = parseSecret(token);
      const find = secret && bySecret[secret.prefix];
      if (!secret || !find) throw new Unauthenticated("The token is none of labd's, or was mistyped");
      return this.#kept(keyOf(secret)) ?? this.#byToken(secret, find(secret.hash), blockOf(address));
    }
    if (certificate === undefined) return anonymous;
    const { kind, id, enrolment } = certificate;
    const find = byCertificate[kind](certificate);
    return this.#caller(`${kind} ${id} ${enrolment}`, find, `The ${kind}'s certificate has expired or was revoked`);
  }

  /** The same for a token that is not cached: those that are worth nothing are counted by where they come from. */
  async #byToken(secret: ParsedSecret, find: Find, block: string): Promise<Caller> {
    const bucket = { of: 'tokens', who: block } as const;
    try {
      this.#throttle.check(bucket);
      return await this.#caller(keyOf(secret), find, 'The token is unknown, has expired or was revoked');
    } catch (error) {
      if (error instanceof TooManyTries) throw new Unauthenticated(`${error.message} ${error.remedy}`);
      if (error instanceof Unauthenticated) this.#throttle.failed(bucket);
      throw error;
    }
  }

  /** The caller that is cached, if its credential is still good. */
  #kept(key: string): Caller | undefined {
    const known = this.#known.get(key);
    if (!known || known.caller.ended !== undefined || isOver(known.caller.expiresAt, this.#now())) return undefined;
    this.#note(known);
    return known.caller;
  }

  async #caller(key: string, find: Find, refusal: string): Promise<Caller> {
    const kept = this.#kept(key);
    if (kept) return kept;
    for (;;) {
      const generation = this.#generation;
      const found = await find(this.#db, this.#now());
      if (generation !== this.#generation) continue;
      if (!found) throw new Unauthenticated(refusal);
      // Whoever asked at the same time may have been quicker.
      const other = this.#known.get(key);
      if (other && other.caller.ended === undefined) return other.caller;
      const made = { caller: new Caller(found), find, usedAt: -Infinity };
      this.#keep(key, made);
      this.#note(made);
      return made.caller;
    }
  }

  #now(): Date {
    return new Date(this.#db.system.now());
  }

  #keep(key: string, known: CachedCaller): void {
    if (this.#known.size >= CACHED_AT_MOST) {
      for (const [other, { caller }] of this.#known) {
        if (!caller.live) this.#known.delete(other);
        if (this.#known.size < CACHED_AT_MOST / 2) break;
      }
    }
    this.#known.set(key, known);
  }

  /** Takes changes in order of revision; must finish before any subscriber gets them, or later ones. */
  async follow(changes: readonly AccessChange[]): Promise<void> {
    const about = changes.flatMap((change) => {
      const affects = change.outcome === 'DONE' ? affected[change.kind] : undefined;
      return affects ? [(caller: Caller) => affects(caller, change)] : [];
    });
    if (about.length > 0) await this.refresh((caller) => about.some((affects) => affects(caller)));
  }

  /**
   * Looks callers up again, all of them if nothing else is said: those whose credential is worth nothing any more end,
   * others get the scope they have now.
   */
  async refresh(which: (caller: Caller) => boolean = () => true): Promise<void> {
    this.#generation += 1;
    await Promise.all(
      [...this.#known].map(async ([key, known]) => {
        const { caller, find } = known;
        if (!which(caller)) return;
        if (!caller.live) return void this.#known.delete(key);
        const found = await find(this.#db, this.#now());
        if (!found) {
          this.#known.delete(key);
          caller.end('Its credential was revoked');
        } else if (!sameScope(found.scope, caller.scope)) caller.rescope(found.scope, found.roles);
      }),
    );
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #expire(): void {
    const now = this.#now();
    for (const [key, { caller }] of this.#known) {
      if (!isOver(caller.expiresAt, now)) continue;
      this.#known.delete(key);
      caller.end('Its credential has expired');
    }
  }

  /** Writes down that a credential is used, at most once a minute, outside the change log, and without waiting. */
  #note(known: CachedCaller): void {
    const { now, elapsed } = this.#db.system;
    if (elapsed() - known.usedAt < NOTED_EVERY) return;
    known.usedAt = elapsed();
    const [kind, id] = (known.caller.credential ?? '').split(':') as [string, string];
    const at = new Date(now());
    const { prisma } = this.#db;
    const notes: Record<string, () => Promise<unknown>> = {
      // Not through Prisma's model, which would take it for a change of the token.
      Token: () => prisma.$executeRaw`UPDATE token SET last_used_at = ${at} WHERE id = ${id}::uuid`,
      Session: () => prisma.$executeRaw`UPDATE user_session SET last_used_at = ${at} WHERE id = ${id}::uuid`,
    };
    notes[kind]?.().catch((error: unknown) =>
      this.#db.logger.warn({ reason: (error as Error).message }, 'The use of a credential could not be noted'),
    );
  }
}

const keyOf = ({ prefix, hash }: ParsedSecret): string => `${prefix} ${hash}`;
