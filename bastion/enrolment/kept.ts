// Stores the enrolment on disk: the certificate from labd with its key, and the key of an enrolment that has begun.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from '../../common/durable.ts';
import { seal, unseal } from '../../common/sealed.ts';
import { readIfSound, writeWhole } from '../state/files.ts';
import { Refused } from './refused.ts';

/** Who this bastion is, as it proves to labd. PEM all but the name. */
interface Credentials {
  /** labd's word */
  name: string;
  key: string;
  certificate: string;
  /** What labd's own certificates are checked against */
  authority: string;
}

export interface StoredEnrolment extends Credentials {
  /** When it came here, milliseconds since 1970 */
  since: number;
  /** SHA-256 of the token that it came for: another token is the wish for another enrolment */
  token: string;
}

/** An enrolment that has begun: labd recognises a repeated request by the same key. */
export interface PendingEnrolment {
  key: string;
  token: string;
}

const enrolmentFile = (dir: string) => join(dir, 'identity.json');
const pendingFile = (dir: string) => join(dir, 'enrolling.json');

async function read<T>(path: string): Promise<T | undefined> {
  const text = await readIfSound(path);
  if (text === null) return undefined;
  const kept = unseal<T>(text);
  if (kept !== undefined) return kept;
  throw new Refused(`${path} is damaged: put it back from a copy, or remove it and enrol anew with another token`);
}

/** The certificate that a directory has, if it has one. */
export const loadEnrolment = (dir: string): Promise<StoredEnrolment | undefined> => read(enrolmentFile(dir));

/** Keeps a certificate: the old one or the new one is there, whatever happens. What was begun is done. */
export async function saveEnrolment(dir: string, kept: StoredEnrolment): Promise<void> {
  await writeWhole(enrolmentFile(dir), seal(kept));
  await rm(pendingFile(dir), { force: true });
  await syncFolder(dir);
}

/** An enrolment that was begun and not finished, if there is one. */
export const loadPending = (dir: string): Promise<PendingEnrolment | undefined> => read(pendingFile(dir));

/** Keeps what an enrolment begins with, durably, before labd hears of it. */
export const savePending = (dir: string, begun: PendingEnrolment): Promise<void> =>
  writeWhole(pendingFile(dir), seal(begun));
