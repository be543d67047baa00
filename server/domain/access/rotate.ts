// Replaces labd's authority: the old key vouches for the new one, and what the old one signed is good for a while.
import { X509Certificate } from 'node:crypto';
import { keyHashOf } from '../../../common/succession.ts';
import type { Database, Origin, Recorded, Writer } from '../../store/types.ts';
import type { Secrets } from '../secrets/secrets.ts';
import { uuid7 } from '../uuid.ts';
import { KIND, keysOf, secretName, storeAuthority } from './authorities.ts';
import { crossSign, makeAuthority } from './authorityKeys.ts';

/** There is nothing to replace, or somebody else did at this moment. */
class RotationRefused extends Error {
  override readonly name = 'RotationRefused';
}

export interface Rotated {
  /** SHA-256 of the new key, hexadecimal, and of the one before it */
  readonly keyHash: string;
  readonly before: string;
  /** Until when the one before is good */
  readonly endsAt: Date;
}

const origin: Origin = { actor: 'labd', action: 'rotateAuthority', requestId: '', address: '' };

/**
 * Makes another authority, in one transaction with the end of the one before it. `overlap` milliseconds is that one good;
 * 0 makes it worthless at once, so that it vouches for nothing: everybody joins and signs in anew. Its key is destroyed.
 * Throws RotationRefused, AuthorityDamaged, SecretDamaged.
 */
export async function rotateAuthority(db: Database, secrets: Secrets, overlap: number): Promise<Rotated> {
  const [seen] = await db.prisma.authority.findMany({ orderBy: { id: 'desc' }, take: 1 });
  if (seen === undefined) throw new RotationRefused('There is no authority yet: start labd, which makes one.');
  const old = await keysOf(db.prisma, secrets, seen);
  const endsAt = new Date(db.system.now() + overlap);
  const next = await makeAuthority(db.system, overlap > 0 ? old : undefined);
  const cross = overlap > 0 ? await crossSign(old, next, endsAt, db.system) : null;
  const [before, keyHash] = [old, next].map(({ certificate }) => keyHashOf(new X509Certificate(certificate))) as [
    string,
    string,
  ];
  const work = async (tx: Writer) => {
    const [newest] = await tx.client.authority.findMany({ orderBy: { id: 'desc' }, take: 1 });
    if (newest?.id !== seen.id)
      throw new RotationRefused('The authority was replaced by somebody else at this moment. Nothing was done.');
    const id = seen.id + 1;
    await storeAuthority(tx, secrets, { id, ...next }, cross);
    // What the old ones were to sign, they have signed: nobody needs their keys.
    await tx.client.authority.update({ where: { id: seen.id }, data: { endsAt, privateKey: null } });
    await secrets.remove(tx, secretName(seen.id));
    // Earlier ones are led to the new one through this one alone.
    await tx.client.authority.updateMany({ where: { endsAt: { gt: endsAt } }, data: { endsAt } });
    const change = { kind: KIND, name: 'labd', cloud: '', environment: '', before: null, after: null };
    const facts = [
      { ...change, operation: 'DELETE', before: { keyHash: before, endsAt } },
      { ...change, operation: 'CREATE', after: { keyHash } },
    ] as const satisfies Omit<Recorded, 'id'>[];
    for (const fact of facts) tx.record({ ...fact, id: uuid7(tx.system)() });
  };
  await db.write(origin, work, { lockHead: true });
  return { keyHash, before, endsAt };
}
