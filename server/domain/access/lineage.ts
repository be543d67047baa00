// What credentials hang on: each may have been made with another one, and ends with it. See lifetimes.ts.
import type { Prisma } from '../../store/generated/client.ts';
import type { Writer } from '../../store/types.ts';
import { placeIn, record } from '../objects/objects.ts';

type Client = Pick<Prisma.TransactionClient, 'token' | 'session'>;

/** Whether something that ends at a moment, or never (null), has ended by now. */
export const isOver = (expiresAt: Date | null, now: Date): boolean => expiresAt !== null && expiresAt <= now;

/** What a credential hangs on. */
interface Lineage {
  /** Of each: itself and its user, `Token:uuid` and `User:uuid` */
  readonly reliesOn: readonly string[];
  /** When the first of them ends; null for never */
  readonly expiresAt: Date | null;
  readonly depth: number;
}

const none: Lineage = { reliesOn: [], expiresAt: null, depth: 0 };
const select = { expiresAt: true, madeWith: true, user: { select: { id: true, disabledAt: true } } } as const;

/** How each kind of credential that can make another one is found. */
const finders = {
  Token: (client: Client, id: string) => client.token.findUnique({ where: { id }, select }),
  Session: (client: Client, id: string) => client.session.findUnique({ where: { id }, select }),
} as const;

/**
 * What a credential hangs on that was made with this one, and that with another, at most as deep as lifetimes.ts allows;
 * undefined when one of the line is worth nothing any more.
 */
export async function lineageOf(client: Client, madeWith: string | null, now: Date): Promise<Lineage | undefined> {
  if (madeWith === null) return none;
  const [kind, id] = madeWith.split(':') as [keyof typeof finders, string];
  const row = await finders[kind](client, id);
  if (!row?.user || row.user.disabledAt !== null || isOver(row.expiresAt, now)) return undefined;
  const above = await lineageOf(client, row.madeWith, now);
  if (!above) return undefined;
  const ends = [row.expiresAt, above.expiresAt].filter((end) => end !== null);
  return {
    reliesOn: [madeWith, `User:${row.user.id}`, ...above.reliesOn],
    expiresAt: ends.length === 0 ? null : new Date(Math.min(...ends.map(Number))),
    depth: above.depth + 1,
  };
}

/** Deletes all that was made with credentials that have gone, and what was made with that, each a change of its own. */
export async function endWhatHangsOn(tx: Writer, gone: readonly string[]): Promise<void> {
  if (gone.length === 0) return;
  const where = { madeWith: { in: [...gone] } };
  const orderBy = { id: 'asc' } as const;
  const tokens = await tx.client.token.findMany({ where, orderBy });
  const sessions = await tx.client.session.findMany({ where, orderBy, include: { user: true } });
  await tx.client.token.deleteMany({ where });
  await tx.client.session.deleteMany({ where });
  for (const token of tokens) record(tx, 'Token', placeIn(token), token, null);
  for (const { user, ...session } of sessions) if (user) record(tx, 'Session', placeIn(user), session, null);
  await endWhatHangsOn(tx, [...tokens.map(({ id }) => `Token:${id}`), ...sessions.map(({ id }) => `Session:${id}`)]);
}
