// Which moment a field is answered at: the present, or the revision that its root field was asked at.
import { GraphQLError, type GraphQLResolveInfo } from 'graphql';
import { type Head, isKept } from '../../server/store/changes.ts';
import { parseCursor } from '../../server/store/cursor.ts';
import type { Context } from './context.ts';

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

/** The context that a field is answered in: of the revision that its root field entered, if it did. */
export function contextAt(context: Context, info: GraphQLResolveInfo): Context {
  if (context.pasts.size === 0) return context;
  let { path } = info;
  while (path.prev) path = path.prev;
  return context.pasts.get(path.key) ?? context;
}
