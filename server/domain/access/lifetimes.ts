// What each credential may make, and for how long that lasts: a table. Nothing that is made with a credential outlives
// it unless the table says so, since whoever finds or borrows one must not be able to turn it into one that stays.
import { InvalidInput } from '../errors.ts';
import type { CredentialKind, Maker } from '../maker.ts';

/** Milliseconds. */
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** What people and machines prove with who they are, in words. */
export const credentials = {
  password: 'A password',
  idToken: 'An ID token, by the device flow too',
  passwordSession: 'A session that a password opened',
  providerSession: 'A session that an OpenID Connect provider vouched for',
  linkedSession: 'A session that a link opened',
  link: 'A link that signs in',
  endingToken: 'A token that ends',
  lastingToken: 'A token that does not end, which labd alone makes: the first of the administrator',
  joinToken: 'A token that lets a bastion or an agent join',
  bastionCertificate: "A bastion's certificate",
  agentCertificate: "An agent's certificate",
} as const satisfies Record<CredentialKind, string>;

/** What can be made, in words, and how long it lasts by itself: milliseconds, usually and at most; null for ever. */
export const products = {
  session: { is: 'session', usual: 7 * DAY, most: 7 * DAY },
  link: { is: 'link that signs in', usual: 10 * MINUTE, most: 10 * MINUTE },
  token: { is: 'API token', usual: 90 * DAY, most: 3650 * DAY },
  joinToken: { is: 'join token', usual: HOUR, most: 30 * DAY },
  certificate: { is: 'certificate', usual: null, most: null },
  firstPassword: { is: 'first password of its own user', usual: null, most: null },
  changedPassword: { is: 'other password of its own user, who gives the present one', usual: null, most: null },
  othersPassword: { is: 'password of another user', usual: null, most: null },
  ownIdentity: { is: 'identity of its own user at a provider', usual: null, most: null },
  user: { is: 'user, and who that is at a provider', usual: null, most: null },
  grant: { is: 'role, and who has it', usual: null, most: null },
} as const satisfies Record<string, { is: string; usual: number | null; most: number | null }>;
export type Product = keyof typeof products;

/**
 * `never`: it cannot be made. `within`: it ends with the credential, by time and by revocation. `passed on`: it takes the
 * credential's place, and ends with what that was made with. `own`: it has a life of its own, and stays.
 */
export type Life = 'never' | 'within' | 'passed on' | 'own';

const nothing: Readonly<Record<Product, Life>> = {
  session: 'never',
  link: 'never',
  token: 'never',
  joinToken: 'never',
  certificate: 'never',
  firstPassword: 'never',
  changedPassword: 'never',
  othersPassword: 'never',
  ownIdentity: 'never',
  user: 'never',
  grant: 'never',
};

/** What somebody decides about others is no credential: it stays, and the audit trail says who decided it. */
const decisions = { user: 'own', grant: 'own' } as const;

/** Whoever has proved in person who they are makes what stays, as at GitHub; but nobody else is signed in for longer. */
const person = {
  ...nothing,
  ...decisions,
  link: 'within',
  token: 'own',
  joinToken: 'own',
  changedPassword: 'own',
  othersPassword: 'own',
} as const;

/** What was handed over makes only what goes with it. */
const handedOver = {
  ...nothing,
  ...decisions,
  link: 'within',
  token: 'within',
  joinToken: 'within',
  changedPassword: 'own',
} as const;

/** The table. A certificate is renewed with itself until it is revoked: bastions have lives of their own. */
export const lives: Readonly<Record<CredentialKind, Readonly<Record<Product, Life>>>> = {
  password: { ...nothing, session: 'own' },
  idToken: { ...nothing, session: 'own' },
  passwordSession: { ...person, firstPassword: 'own', ownIdentity: 'own' },
  // The provider's word is what lets them in: a password, or somebody else there, would stay when they leave it.
  providerSession: person,
  linkedSession: handedOver,
  link: { ...nothing, session: 'passed on' },
  endingToken: handedOver,
  lastingToken: { ...handedOver, firstPassword: 'own', othersPassword: 'own', ownIdentity: 'own' },
  joinToken: { ...nothing, certificate: 'own' },
  bastionCertificate: { ...nothing, certificate: 'own' },
  agentCertificate: { ...nothing, certificate: 'own' },
};

/** How long something lasts, as it is kept beside it. */
export interface Lifetime {
  readonly expiresAt: Date;
  /** The credential that it ends with; null when it has a life of its own */
  readonly madeWith: string | null;
}

/** Credentials that are each made with the next: each costs a look whenever the first is used. */
const DEEPEST = 8;

const REMEDY = 'Sign in first, with a password or at the provider: lab login.';

/** Throws InvalidInput, about this field, when the table does not let the credential make that. labd itself (null) may. */
export function demandMayMake(maker: Pick<Maker, 'kind'> | null, product: Product, field: string): Life {
  const life = maker === null ? 'own' : lives[maker.kind][product];
  if (life !== 'never') return life;
  throw new InvalidInput(field, `${credentials[maker!.kind]} makes no ${products[product].is}.`, REMEDY);
}

const later = (ms: number): string => {
  const [length, unit] = ms >= 2 * DAY ? [DAY, 'd'] : ms >= 2 * HOUR ? [HOUR, 'h'] : [MINUTE, 'm'];
  return `${Math.max(1, Math.floor(ms / length))}${unit}`;
};

/**
 * How long what is made lasts: as long as was asked for (milliseconds), or as is usual, but never longer than the credential
 * that it ends with. Throws InvalidInput, about this field, when it cannot be made, or when more was asked for.
 */
export function lifetimeOf(
  maker: Maker | null,
  product: 'session' | 'link' | 'token' | 'joinToken',
  { now, wanted, field }: { now: number; wanted?: number | undefined; field: string },
): Lifetime {
  const life = demandMayMake(maker, product, field);
  const { usual, is } = products[product];
  const asked = now + (wanted ?? usual);
  if (maker === null || life === 'own') return { expiresAt: new Date(asked), madeWith: null };
  const end = maker.expiresAt?.getTime() ?? Infinity;
  if (life === 'within' && maker.depth >= DEEPEST)
    throw new InvalidInput(field, `This credential hangs on ${DEEPEST} others already.`, REMEDY);
  if (wanted !== undefined && asked > end)
    throw new InvalidInput(
      field,
      `The ${is} would outlive what you make it with, which ends at ${maker.expiresAt!.toISOString()}.`,
      `Ask for ${later(end - now)} at most, or sign in first: lab login.`,
    );
  return {
    expiresAt: new Date(Math.min(asked, end)),
    madeWith: life === 'within' ? maker.credential : maker.madeWith,
  };
}
