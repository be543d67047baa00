// The credential that something is made with. What each may make, and for how long, is in access/lifetimes.ts.

export type CredentialKind =
  | 'password'
  | 'idToken'
  | 'passwordSession'
  | 'providerSession'
  | 'linkedSession'
  | 'link'
  | 'endingToken'
  | 'lastingToken'
  | 'joinToken'
  | 'bastionCertificate'
  | 'agentCertificate';

export interface Maker {
  readonly kind: CredentialKind;
  /** `Session:uuid`, `Token:uuid` or `Certificate:uuid`; null for what labd keeps no row of */
  readonly credential: string | null;
  /** When it ends; of a link, when what it was made with ends. Null for never */
  readonly expiresAt: Date | null;
  /** What it was made with, and ends with */
  readonly madeWith: string | null;
  /** How many it hangs on, each made with the next */
  readonly depth: number;
}
