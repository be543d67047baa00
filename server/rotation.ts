// Replaces the authority in the database, beside labd that run or without any: what `labd rotate-authority` does.
import type { System } from '../common/system.ts';
import { encryptAuthorities } from './domain/access/authorities.ts';
import { rotateAuthority, type Rotated } from './domain/access/rotate.ts';
import { type KeySource, loadKeyring } from './domain/secrets/loadKeyring.ts';
import { openSecrets } from './domain/secrets/secrets.ts';
import type { StoreLogger } from '../common/logger.ts';
import { openDatabase } from './store/database.ts';

export interface RotationOptions {
  data: string;
  databaseUrl: string | undefined;
  migrations: string;
  key: KeySource | undefined;
  log: StoreLogger;
  system: System;
}

/**
 * Resolves when the authority has a successor; it is good for another `overlap` milliseconds. Throws RotationRefused, what
 * openDatabase throws, and what stops labd when its key is wrong.
 */
export async function replaceAuthority(
  { data, databaseUrl: url, migrations, key, log: logger, system }: RotationOptions,
  overlap: number,
): Promise<Rotated> {
  const keyring = await loadKeyring(key);
  const database = await openDatabase({ ...(url === undefined ? { data } : { url }), migrations, logger, system });
  try {
    const secrets = await openSecrets(database, { keyring, adopt: encryptAuthorities });
    return await rotateAuthority(database, secrets, overlap);
  } finally {
    await database.close();
  }
}

/** What whoever replaced it is told. */
export function sayRotated({ keyHash, before, endsAt }: Rotated, overlap: number): string {
  const earlier =
    overlap === 0
      ? `The one before is worthless from now on, and so is all that it signed:\n  ${before}\nBastions join anew with tokens, and people trust the new key with: lab login --authority-hash ${keyHash}`
      : `The one before is good until ${endsAt.toISOString()}:\n  ${before}\nBastions follow when they renew their certificates, contexts of lab with their next command, and tokens to join are good.`;
  return `labd's authority was replaced. The SHA-256 of the new key is\n  ${keyHash}\n${earlier}\n`;
}
