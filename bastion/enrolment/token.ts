// The token that a bastion is given: one to join with, once, or one to show at each connection.
import { createHash } from 'node:crypto';
import { readIfThere } from '../state/files.ts';

/** A token to join with. What follows its dot says by which key labd's authority is known. */
export interface JoinToken {
  text: string;
  /** SHA-256, hexadecimal: what is remembered of it */
  hash: string;
  /** SHA-256 of the authority's key, hexadecimal; undefined when the token is cut off */
  keyHash: string | undefined;
}

/** Where the token comes from: itself, or a file, which is read whenever it is wanted. */
export interface TokenSource {
  token: string | undefined;
  tokenFile?: string | undefined;
}

const JOIN = /^lab_join_[0-9A-Za-z]+(?:\.([0-9a-f]{64}))?/;

/** The token as it is now; undefined when there is none. */
export async function readToken({ token, tokenFile }: TokenSource): Promise<string | undefined> {
  if (token !== undefined || tokenFile === undefined) return token;
  return (await readIfThere(tokenFile))?.trim() || undefined;
}

/** The token, if it is one to join with. */
export function joinToken(text: string | undefined): JoinToken | undefined {
  const found = text === undefined ? null : JOIN.exec(text);
  if (!found) return undefined;
  return { text: text!, hash: createHash('sha256').update(text!).digest('hex'), keyHash: found[1] };
}
