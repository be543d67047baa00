// Which moment a field is answered at: the present, or the revision that its root field was asked at.
import { GraphQLError, type GraphQLResolveInfo } from 'graphql';
import { head, type Head, isKept } from '../server/store/changes.ts';
import { parseCursor } from '../server/store/cursor.ts';
import { Batches } from './batch.ts';
import type { Context } from './context.ts';
import { Past } from './past.ts';

/** The number of a revision. Throws GONE or BAD_USER_INPUT for one that cannot be gone back to. */
export function demandKept(at: string, now: Head): bigint {
  const cursor = parseCursor(at)!;
  if (isKept(cursor, now)) return cursor.rev;
  const refuse = (message: string, code: string): never => {
    throw new GraphQLError(message, { extensions: { code } });
  };
  if (cursor.logId !== null && cursor.logId !== now.logId)
    refuse(
      `Revision ${at} belongs to another log: the database was restored since. Ask for rev:${now.rev} or before.`,
      'GONE',
    );
  if (cursor.rev > now.rev)
    refuse(`There is no revision ${cursor.rev} yet: the latest is rev:${now.rev}.`, 'BAD_USER_INPUT');
  return refuse(`Revision ${cursor.rev} is no longer kept: the earliest is rev:${now.compacted}.`, 'GONE');
}

/** Enters a revision for a root field and all below it. Throws GONE or BAD_USER_INPUT for one that cannot be gone back to. */
export async function enter(
  context: Context,
  info: GraphQLResolveInfo,
  at: string | null | undefined,
): Promise<Context> {
  if (at == null) return context;
  context.beforeReading();
  const now = await head(context.database.prisma);
  const rev = demandKept(at, now);
  const entered = [...context.pasts.values()].find(({ past }) => past?.rev === rev) ?? {
    ...operationOf(context),
    past: new Past(context, now, rev),
    // What is asked at one moment must not be answered together with what is asked at another.
    batches: new Batches(context),
  };
  context.pasts.set(info.path.key, entered);
  return entered;
}

/** An operation's context without what it notes of itself: spreading it would lose its methods. */
function operationOf(context: Context): Context {
  const { caller, requestId, address, agent, database, hub, fleet, throttle, openId, authority, pasts, batches } =
    context;
  return {
    ...{ caller, requestId, address, agent, database, hub, fleet, throttle, openId, authority, pasts, batches },
    get signal() {
      return context.signal;
    },
    beforeReading: () => context.beforeReading(),
    beforeWriting: () => context.beforeWriting(),
  };
}

/** The context that a field is answered in: of the revision that its root field entered, if it did. */
export function during(context: Context, info: GraphQLResolveInfo): Context {
  if (context.pasts.size === 0) return context;
  let { path } = info;
  while (path.prev) path = path.prev;
  return context.pasts.get(path.key) ?? context;
}
