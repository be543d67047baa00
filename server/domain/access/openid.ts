// Signing in with an OpenID Connect provider: checks its ID tokens and finds the user that one is for.
import { createRemoteJWKSet, errors, jwtVerify, type JWTVerifyGetKey, type JWTVerifyResult } from 'jose';
import type { User } from '../../store/generated/client.ts';
import { recordRefusal } from '../../store/refusals.ts';
import type { Database, Origin } from '../../store/types.ts';
import type { System } from '../../../common/system.ts';
import { Conflict, InvalidInput } from '../errors.ts';
import { placeIn, record } from '../objects/objects.ts';
import { blockOf } from './addressBlock.ts';
import { objectionTo } from './idToken.ts';
import { hashSecret } from './secrets.ts';
import type { SignedIn, Signer } from './session.ts';
import { signInAs } from './signin.ts';
import type { Throttle } from './throttle.ts';
import { useOnce } from './usedIdTokens.ts';

export interface OpenIdSettings {
  /** The provider, such as `https://sso.example` */
  readonly issuer: string;
  /** What labd is called there: a public client that may use the device flow */
  readonly clientId: string;
  /** The claim that a user's name is taken from */
  readonly nameClaim: string;
}

/** Asymmetric ones only: with a shared secret whoever checks a token could make one. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
/** Milliseconds for the provider to answer, and for its configuration to be asked for again. */
const PATIENCE = 5_000;
const CONFIGURATION_KEPT = 3_600_000;
/** A token is for signing in now: how old it may be, seconds. */
const FRESH = 300;
/** Seconds that the provider's clock may be off. */
const TOLERANCE = 5;

/** The claims of a checked ID token that labd uses. */
export interface VerifiedClaims {
  readonly issuer: string;
  readonly subject: string;
  readonly name: string | undefined;
  /** Only when the provider has verified it */
  readonly email: string | undefined;
  /** Of the signed part of the token, hexadecimal: by it the token is known again */
  readonly hash: string;
  /** Until when it would be taken, milliseconds */
  readonly until: number;
}

const providerUnavailable = (issuer: string) =>
  new Conflict(`The provider ${issuer} does not answer.`, 'Try again later, or sign in with a password or a token.');

const refuse = (why: string) =>
  new InvalidInput('input.idToken', `The ID token cannot be taken: ${why}.`, 'Sign in again: lab login --oidc.');

/** A provider that labd trusts. */
export class OpenId {
  readonly settings: OpenIdSettings;
  #keys: { get: JWTVerifyGetKey; until: number } | undefined;
  readonly #system: Pick<System, 'now' | 'elapsed'>;

  constructor(settings: OpenIdSettings, system: Pick<System, 'now' | 'elapsed'>) {
    this.settings = settings;
    this.#system = system;
  }

  /**
   * Checks an ID token. Throws InvalidInput for one that is not the provider's, no ID token, not for labd or too old, and
   * Conflict when the provider does not answer.
   */
  async check(idToken: string): Promise<VerifiedClaims> {
    const { issuer, clientId, nameClaim } = this.settings;
    const { payload, protectedHeader: header } = await this.#verify(idToken, issuer, clientId).catch(
      (error: unknown) => {
        if (error instanceof errors.JWKSTimeout || !(error instanceof errors.JOSEError))
          throw providerUnavailable(issuer);
        throw refuse(error.message.replace(/["\n]/g, ''));
      },
    );
    const objection = objectionTo({ header, payload, clientId });
    if (objection !== undefined) throw refuse(objection);
    // The signature is left out: it has more than one spelling, while the signed part has one.
    const hash = hashSecret(idToken.slice(0, idToken.lastIndexOf('.')));
    const until = (Math.min(payload.exp!, payload.iat! + FRESH) + TOLERANCE) * 1000;
    const text = (claim: string) => (typeof payload[claim] === 'string' ? payload[claim] : undefined);
    const email = payload['email_verified'] === true ? text('email') : undefined;
    return { issuer, subject: payload.sub!, name: text(nameClaim)?.toLowerCase(), email, hash, until };
  }

  async #verify(idToken: string, issuer: string, audience: string): Promise<JWTVerifyResult> {
    const key = await this.#provider(issuer);
    const requiredClaims = ['sub', 'iat', 'exp'];
    const options = {
      issuer,
      audience,
      algorithms: ALGORITHMS,
      maxTokenAge: FRESH,
      clockTolerance: TOLERANCE,
      requiredClaims,
      currentDate: new Date(this.#system.now()),
    };
    return jwtVerify(idToken, key, options);
  }

  /** The provider's keys, found by its configuration. */
  async #provider(issuer: string): Promise<JWTVerifyGetKey> {
    if (this.#keys && this.#keys.until > this.#system.elapsed()) return this.#keys.get;
    const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const answer = await fetch(url, { signal: AbortSignal.timeout(PATIENCE), redirect: 'error' });
    const { issuer: named, jwks_uri: keys } = (await answer.json()) as { issuer?: unknown; jwks_uri?: unknown };
    if (named !== issuer || typeof keys !== 'string') throw new Error(`${url} is not the configuration of ${issuer}`);
    const get = createRemoteJWKSet(new URL(keys), { timeoutDuration: PATIENCE });
    this.#keys = { get, until: this.#system.elapsed() + CONFIGURATION_KEPT };
    return get;
  }
}

/** The user that an ID token is for: the one that was linked, else one that an administrator made for this provider. */
async function findUser(
  db: Database,
  origin: Origin,
  { issuer, subject, name, email }: VerifiedClaims,
): Promise<User | null> {
  const linked = await db.prisma.user.findUnique({ where: { issuer_subject: { issuer, subject } } });
  if (linked) return linked;
  const called = [...(name === undefined ? [] : [{ name }]), ...(email === undefined ? [] : [{ email }])];
  if (called.length === 0) return null;
  const { value } = await db.write(origin, async (tx) => {
    const meant = await tx.client.user.findMany({ where: { issuer, subject: null, OR: called }, take: 2 });
    const [before] = meant;
    if (!before || meant.length > 1) return null;
    const guarded = { id: before.id, subject: null, version: before.version };
    const { count } = await tx.client.user.updateMany({ where: guarded, data: { subject, version: { increment: 1 } } });
    if (count === 0) return null;
    const after = await tx.client.user.findUniqueOrThrow({ where: { id: before.id } });
    record(tx, 'User', placeIn(after), before, after);
    return after;
  });
  return value;
}

/**
 * Opens a session for the user whom a provider's ID token vouches for; the token works once. Throws InvalidInput for a token that cannot be
 * taken or that names no user, and Conflict after too many failures or when the provider is away.
 */
export async function signInByIdToken(
  db: Database,
  openId: OpenId | undefined,
  throttle: Throttle,
  origin: Origin,
  idToken: string,
  signer: Signer,
): Promise<SignedIn> {
  if (!openId)
    throw new Conflict(
      'labd knows no OpenID Connect provider.',
      'Start it with LABD_OIDC_ISSUER and LABD_OIDC_CLIENT_ID.',
    );
  const who = { of: 'block', who: blockOf(signer.address) } as const;
  throttle.check(who);
  throttle.failed(who);
  const vouched = await openId.check(idToken);
  if (!(await useOnce(db, vouched))) throw refuse('it was used already');
  const user = await findUser(db, origin, vouched);
  if (user && !user.disabledAt) {
    throttle.succeeded(who);
    return signInAs(db, origin, user, signer, 'idToken');
  }
  const { issuer, subject, name } = vouched;
  const called = name ?? subject;
  await recordRefusal(db, origin, {
    kind: 'User',
    id: user?.id ?? null,
    name: called.slice(0, 63).replace(/[^\x20-\x7e]/g, '?'),
  });
  throw new InvalidInput(
    'input.idToken',
    `${issuer} vouches for "${called}", whom labd does not know.`,
    `Ask an administrator to make the user: lab create user ${name ?? 'NAME'} --issuer ${issuer} --subject ${subject}`,
  );
}
