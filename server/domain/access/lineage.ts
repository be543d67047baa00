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

/** A credential that was made with another one. */
export interface Dependent {
  readonly kind: 'Token' | 'Session';
  readonly id: string;
  /** The credential that it was made with, `Token:uuid` or `Session:uuid` */
  readonly madeWith: string;
}

/** All that was made with some credentials, and what was made with that, in this order: each ends when the one before does. */
export async function madeWith(client: Client, credentials: readonly string[]): Promise<Dependent[]> {
  const found: Dependent[] = [];
  const asked = new Set<string>();
  for (let makers = credentials; makers.length > 0; makers = makers.filter((one) => !asked.has(one))) {
    for (const one of makers) asked.add(one);
    const find = {
      where: { madeWith: { in: [...makers] } },
      select: { id: true, madeWith: true },
      orderBy: { id: 'asc' as const },
    };
    const of = (kind: Dependent['kind'], rows: readonly { id: string; madeWith: string | null }[]) =>
      rows.map(({ id, madeWith }) => ({ kind, id, madeWith: madeWith! }));
    const made = [
      ...of('Token', await client.token.findMany(find)),
      ...of('Session', await client.session.findMany(find)),
    ];
    found.push(...made);
    makers = made.map(({ kind, id }) => `${kind}:${id}`);
  }
  return found;
}

/** Deletes all that was made with credentials that have gone, and what was made with that, each a change of its own. */
export async function endWhatHangsOn(tx: Writer, gone: readonly string[]): Promise<void> {
  const dependents = await madeWith(tx.client, gone);
  const whose = (kind: Dependent['kind']) => {
    const ids = dependents.filter((one) => one.kind === kind).map(({ id }) => id);
    return { where: { id: { in: ids } }, orderBy: { id: 'asc' } } as const;
  };
  if (dependents.length === 0) return;
  const tokens = await tx.client.token.findMany(whose('Token'));
  const sessions = await tx.client.session.findMany({ ...whose('Session'), include: { user: true } });
  await tx.client.token.deleteMany({ where: whose('Token').where });
  await tx.client.session.deleteMany({ where: whose('Session').where });
  for (const token of tokens) record(tx, 'Token', placeIn(token), token, null);
  for (const { user, ...session } of sessions) if (user) record(tx, 'Session', placeIn(user), session, null);
}
