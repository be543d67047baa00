// What the claims of an ID token must say besides being signed: that it is an ID token, and one for labd. A provider
// signs access tokens, logout tokens and those of other clients with the same keys. (OpenID Connect Core 3.1.3.7; labd
// never asks for a nonce, and is given no access token to compare `at_hash` with: the device flow has neither.)
import type { JWTHeaderParameters, JWTPayload } from 'jose';
import { storable } from '../where.ts';

/** Characters of a subject at most, by the specification. */
const LONGEST_SUBJECT = 255;

interface Said {
  readonly header: Partial<JWTHeaderParameters>;
  readonly payload: JWTPayload;
  readonly clientId: string;
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value.toLowerCase() : undefined);

/** What speaks against it, the first that does. */
const objections: readonly (readonly [why: string, holds: (said: Said) => boolean])[] = [
  // `at+jwt` is an access token by RFC 9068, `logout+jwt` one that signs out.
  ['it is a token of another type', ({ header: { typ } }) => typ !== undefined && text(typ) !== 'jwt'],
  // Keycloak and Cognito write what a token is into its claims.
  ['it is not an ID token', ({ payload }) => payload['typ'] !== undefined && text(payload['typ']) !== 'id'],
  ['it is not an ID token', ({ payload }) => payload['token_use'] !== undefined && payload['token_use'] !== 'id'],
  ['it is an access token', ({ payload }) => payload['scope'] !== undefined || payload['scp'] !== undefined],
  ['it is a token that signs out', ({ payload }) => payload['events'] !== undefined],
  ['it was made for another client', ({ payload, clientId }) => (payload['azp'] ?? clientId) !== clientId],
  [
    'it is for several and does not say that labd asked for it',
    ({ payload: { aud, azp } }) => Array.isArray(aud) && aud.length > 1 && azp === undefined,
  ],
  ['it names nobody', ({ payload: { sub } }) => !isSubject(sub)],
];

const isSubject = (sub: unknown): boolean =>
  typeof sub === 'string' && sub !== '' && sub.length <= LONGEST_SUBJECT && storable(sub);

/** Why a token whose signature, issuer, audience and times are right is no ID token for labd; undefined when it is one. */
export const objectionTo = (said: Said): string | undefined => objections.find(([, holds]) => holds(said))?.[0];
