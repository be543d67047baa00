// Finds the caller that a credential belongs to. Callers are cached and the cache follows the change log: revoking a
// credential ends its subscriptions, and a changed role takes effect at once.
import { Caller, anonymous, type Certificate, type Credentials } from './caller.ts';
import type { Change } from '../../store/generated/client.ts';
import type { Database } from '../../store/types.ts';
import { formatGrant, readGrant, type Scope } from '../grants.ts';
import type { CredentialKind, Maker } from '../maker.ts';
import { lineageOf } from './lineage.ts';
import { parseSecret, type ParsedSecret } from './secrets.ts';

/** The credential that was shown is not good; the message says no more than the caller knows. */
export class Unauthenticated extends Error {
  override readonly name = 'Unauthenticated';
}

/** The caller that a credential belongs to. */
interface Found {
  readonly actor: string;
  readonly kind: 'user' | 'bastion' | 'agent';
  readonly id: string;
  readonly credential: string;
  readonly scope: Scope;
  readonly roles: readonly string[];
  readonly expiresAt: Date | null;
  readonly maker: Maker;
  readonly reliesOn: readonly string[];
}

type Find = (db: Database, now: Date) => Promise<Found | undefined>;

interface CachedCaller {
  readonly caller: Caller;
  readonly find: Find;
  /** Milliseconds: when its use was last written down */
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

const isOver = (expiresAt: Date | null, now: Date): boolean => expiresAt !== null && expiresAt <= now;

const user = {
  select: {
    id: true,
    name: true,
    disabledAt: true,
    bindings: { select: { role: { select: { name: true, permissions: true } } } },
  },
} as const;

interface UserRow {
  id: string;
  name: string;
  disabledAt: Date | null;
  bindings: { role: { name: string; permissions: string[] } | null }[];
}

interface CredentialRow {
  id: string;
  madeWith: string | null;
  expiresAt: Date | null;
  user: UserRow | null;
}

/** The user behind a credential, as long as that and all that it hangs on are good. */
async function ofUser(
  db: Database,
  now: Date,
  { id, madeWith, expiresAt, user: row }: CredentialRow,
  kind: 'Token' | 'Session',
  is: CredentialKind,
): Promise<Found | undefined> {
  if (row === null || row.disabledAt !== null || isOver(expiresAt, now)) return undefined;
  const lineage = await lineageOf(db.prisma, madeWith, now);
  if (!lineage) return undefined;
  const credential = `${kind}:${id}`;
  const { depth, reliesOn } = lineage;
  const roles = row.bindings.flatMap(({ role }) => (role ? [role] : []));
  const permissions = new Set(roles.flatMap((role) => role.permissions));
  return {
    actor: `user/${row.name}`,
    kind: 'user',
    id: row.id,
    credential,
    scope: [...permissions].map(readGrant),
    roles: roles.map(({ name }) => name).sort(),
    expiresAt,
    maker: { kind: is, credential, expiresAt, madeWith, depth },
    reliesOn,
  };
}

/** What each session is, by what opened it. */
const sessions: Readonly<Record<string, CredentialKind>> = {
  PASSWORD: 'passwordSession',
  OPENID: 'providerSession',
  LINK: 'linkedSession',
};

/** How each kind of secret is looked up, by its prefix. Join tokens and sign-in links are no credentials. */
const bySecret: Readonly<Record<string, (hash: string) => Find>> = {
  lab_pat: (hash) => async (db, now) => {
    const row = await db.prisma.token.findUnique({
      where: { tokenHash: hash },
      select: { id: true, purpose: true, expiresAt: true, madeWith: true, user },
    });
    if (row?.purpose !== 'API') return undefined;
    return ofUser(db, now, row, 'Token', row.expiresAt === null ? 'lastingToken' : 'endingToken');
  },
  lab_ses: (hash) => async (db, now) => {
    const row = await db.prisma.session.findUnique({
      where: { tokenHash: hash },
      select: { id: true, purpose: true, openedBy: true, expiresAt: true, madeWith: true, user },
    });
    if (row?.purpose !== 'SESSION') return undefined;
    return ofUser(db, now, row, 'Session', sessions[row.openedBy] ?? 'linkedSession');
  },
};

const enrolled = { id: true, name: true, cloud: true, environment: true, enrolment: true, revokedAt: true } as const;

/** How each kind of certificate is looked up. It is valid as long as the enrolment that it was issued for. */
const byCertificate: Readonly<Record<Certificate['kind'], (certificate: Certificate) => Find>> = {
  bastion: (certificate) => async (db, now) => {
    const row = await db.prisma.bastion.findUnique({ where: { id: certificate.id }, select: enrolled });
    if (row === null || row.revokedAt || row.enrolment !== certificate.enrolment) return undefined;
    if (isOver(certificate.expiresAt, now)) return undefined;
    return { ...enrolledAs('bastion', row, certificate), scope: bastionScope(row) };
  },
  agent: (certificate) => async (db, now) => {
    const row = await db.prisma.agent.findUnique({ where: { id: certificate.id }, select: enrolled });
    if (row === null || row.revokedAt || row.enrolment !== certificate.enrolment) return undefined;
    if (isOver(certificate.expiresAt, now)) return undefined;
    return { ...enrolledAs('agent', row, certificate), scope: [] };
  },
};

interface BastionRow {
  id: string;
  name: string;
  cloud: string;
  environment: string;
}

/** What a bastion may do: speak for itself, and see itself and the servers that it holds. */
export function bastionScope({ id, name, cloud, environment }: BastionRow): Scope {
  const itself = { cloud, environment, target: `bastions/${name}` };
  return [
    { action: 'uplink', ...itself },
    { action: 'read', ...itself },
    { action: 'read', cloud: '*', environment: '*', target: 'servers/*', heldBy: id },
  ];
}

const certificates = { bastion: 'bastionCertificate', agent: 'agentCertificate' } as const;

const enrolledAs = (
  kind: 'bastion' | 'agent',
  row: { id: string; name: string },
  { enrolment, expiresAt }: Certificate,
) => ({
  actor: `${kind}/${row.name}`,
  kind,
  id: row.id,
  credential: `Certificate:${enrolment}`,
  roles: [],
  expiresAt,
  maker: { kind: certificates[kind], credential: `Certificate:${enrolment}`, expiresAt, madeWith: null, depth: 0 },
  reliesOn: [],
});

const sameScope = (a: Scope, b: Scope): boolean => a.map(formatGrant).join() === b.map(formatGrant).join();

export class Callers {
  readonly #db: Database;
  readonly #known = new Map<string, CachedCaller>();
  readonly #timer: NodeJS.Timeout;
  /** Counts changes that may affect callers, so that an answer looked up before one is not cached after it. */
  #generation = 0;

  constructor(db: Database) {
    this.#db = db;
    this.#timer = setInterval(() => this.#expire(), LOOK_EVERY).unref();
  }

  /**
   * The caller behind a request's or a connection's credentials: the certificate's bastion or agent, else the token's
   * user, else nobody. Throws Unauthenticated for a token that is not, or no longer, worth anything, and
   * DatabaseUnavailable.
   */
  async identify({ token, certificate }: Credentials): Promise<Caller> {
    if (token !== undefined) {
      const secret = parseSecret(token);
      const find = secret && bySecret[secret.prefix];
      if (!secret || !find) throw new Unauthenticated("The token is none of labd's, or was mistyped");
      return this.#caller(keyOf(secret), find(secret.hash), 'The token is unknown, has expired or was revoked');
    }
    if (certificate === undefined) return anonymous;
    const { kind, id, enrolment } = certificate;
    const find = byCertificate[kind](certificate);
    return this.#caller(`${kind} ${id} ${enrolment}`, find, `The ${kind}'s certificate has expired or was revoked`);
  }

  async #caller(key: string, find: Find, refusal: string): Promise<Caller> {
    const known = this.#known.get(key);
    if (known && known.caller.ended === undefined && !isOver(known.caller.expiresAt, this.#now())) {
      this.#note(known);
      return known.caller;
    }
    for (;;) {
      const generation = this.#generation;
      const found = await find(this.#db, this.#now());
      if (generation !== this.#generation) continue;
      if (!found) throw new Unauthenticated(refusal);
      // Whoever asked at the same time may have been quicker.
      const other = this.#known.get(key);
      if (other && other.caller.ended === undefined) return other.caller;
      const made = { caller: new Caller(found), find, usedAt: 0 };
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
    const now = this.#db.system.now();
    if (now - known.usedAt < NOTED_EVERY) return;
    known.usedAt = now;
    const [kind, id] = (known.caller.credential ?? '').split(':') as [string, string];
    const at = new Date(now);
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
