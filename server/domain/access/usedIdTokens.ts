// Which ID tokens were used, in the database: a token works once at all labds together, also after they start again.
import type { Database } from '../../store/types.ts';

/** Milliseconds that a use is remembered past the token's end: another labd's clock may be behind. */
const REMEMBERED_PAST_END = 24 * 3_600_000;

/** Notes that a token is used now; of several who try, one is told true. */
export async function useOnce(
  { prisma }: Pick<Database, 'prisma'>,
  { hash, until }: { readonly hash: string; readonly until: number },
): Promise<boolean> {
  const data = [{ hash, expiresAt: new Date(until + REMEMBERED_PAST_END) }];
  const { count } = await prisma.usedIdToken.createMany({ data, skipDuplicates: true });
  return count === 1;
}

/** Forgets tokens that have long ended. Returns how many. */
export async function forgetUsedIdTokens({ prisma, system }: Database): Promise<number> {
  const { count } = await prisma.usedIdToken.deleteMany({ where: { expiresAt: { lt: new Date(system.now()) } } });
  return count;
}
