// Takes the hashes of the tokens that bastions made for attempts. labd itself never has a token: orders are rows.
import type { Prisma } from '../../../store/generated/client.ts';
import { Conflict, InvalidInput } from '../../errors.ts';

/** The first version of the uplink that has orders to install. */
export const INSTALLS_FROM = 2;

/** Whether bastions that speak this version of the uplink install; those that never said which one may. */
export const installs = (protocol: number | null): boolean => (protocol ?? INSTALLS_FROM) >= INSTALLS_FROM;

/** What a bastion says that it made for the attempt of an order. */
export interface GivenSecret {
  readonly bastionId: string;
  readonly attemptId: string | null;
  readonly secretHash: string | null;
}

/**
 * Keeps each hash (SHA-256 in hexadecimal) on the attempt that it was made for, in two statements for all. Says of each
 * whether that attempt is open and has this secret now: only then may the machine be booted into the installer. Only the
 * bastion that holds the server gives it one, once. An InvalidInput where there is no hash, a Conflict where the attempt has another.
 */
export async function takeSecrets(
  client: Prisma.TransactionClient,
  given: readonly GivenSecret[],
): Promise<(boolean | InvalidInput | Conflict)[]> {
  const wanted = given.flatMap(({ attemptId, bastionId }) => (attemptId === null ? [] : [{ attemptId, bastionId }]));
  if (wanted.length === 0) return given.map((one) => (one.secretHash === null ? noSecret() : false));
  const open = await client.$queryRawUnsafe<
    { id: string; bastionId: string; secretHash: string | null; protocol: number | null }[]
  >(
    `SELECT a.id, b.id AS "bastionId", a.secret_hash AS "secretHash", b.protocol FROM install_attempt a
       JOIN server s ON s.id = a.server_id
       JOIN bastion b ON b.id = s.bastion_id
      WHERE a.id = ANY($1::uuid[]) AND a.finished_at IS NULL`,
    wanted.map(({ attemptId }) => attemptId),
  );
  const attempts = new Map(open.map((one) => [one.id, one]));
  const isTheirs = ({ attemptId, bastionId }: GivenSecret): boolean => {
    const attempt = attempts.get(attemptId ?? '');
    return attempt !== undefined && attempt.bastionId === bastionId && installs(attempt.protocol);
  };
  const fresh = new Map<string, string>();
  for (const one of given)
    if (one.secretHash !== null && isTheirs(one) && attempts.get(one.attemptId!)!.secretHash === null)
      if (!fresh.has(one.attemptId!)) fresh.set(one.attemptId!, one.secretHash);
  const ids = [...fresh.keys()].toSorted();
  // Whoever ended an attempt meanwhile was first.
  const taken =
    ids.length === 0
      ? []
      : await client.$queryRawUnsafe<{ id: string; secretHash: string }[]>(
          `UPDATE install_attempt SET secret_hash = u.hash FROM unnest($1::uuid[], $2::text[]) AS u(id, hash)
            WHERE install_attempt.id = u.id AND finished_at IS NULL AND secret_hash IS NULL
           RETURNING install_attempt.id, secret_hash AS "secretHash"`,
          ids,
          ids.map((id) => fresh.get(id)),
        );
  const now = new Map([...open, ...taken].map(({ id, secretHash }) => [id, secretHash]));
  return given.map((one) => {
    if (one.secretHash === null) return noSecret();
    if (!isTheirs(one)) return false;
    return now.get(one.attemptId!) === one.secretHash ? true : otherSecret();
  });
}

const noSecret = () =>
  new InvalidInput(
    'input.secretHash',
    'An install that the bastion begins needs a secret.',
    'Send the SHA-256 of the token that the machine gets in its boot script.',
  );

const otherSecret = () =>
  new Conflict('This install has another secret already.', 'Go on with the first, or cancel the install.');
