// Which moment a field is answered at: the present, or the revision that its root field was asked at. Only here does a
// resolver's own context become that of the moment, and schema/fields/checkMoments.ts refuses resolvers made otherwise.
import { GraphQLError, type GraphQLResolveInfo } from 'graphql';
import { type Head, isKept } from '../../server/store/changes.ts';
import { parseCursor } from '../../server/store/cursor.ts';
import type { Context, Moment } from './context.ts';

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
function contextAt(context: Context, info: GraphQLResolveInfo): Moment {
  if (context.pasts.size === 0) return context;
  let { path } = info;
  while (path.prev) path = path.prev;
  return context.pasts.get(path.key) ?? context;
}

/** Resolvers of which it is known at which moment they answer. */
const known = new WeakSet<object>();

/** A resolver made of a function that gets the context of the moment that is asked about, and no other. */
export function atMoment<P, A, T>(answer: (parent: P, args: A, here: Moment, info: GraphQLResolveInfo) => T) {
  const resolve = (parent: P, args: A, context: Context, info: GraphQLResolveInfo): T =>
    answer(parent, args, contextAt(context, info), info);
  known.add(resolve);
  return resolve;
}

/**
 * A resolver that answers from the present whichever moment is asked about. Only for what is about the caller rather
 * than about objects: what may be seen of a change is decided by today's permissions, also in a look back.
 */
export function atPresent<P, A, T>(resolve: (parent: P, args: A, context: Context, info: GraphQLResolveInfo) => T) {
  known.add(resolve);
  return resolve;
}

/** Whether a resolver was made by one of these. */
export const knowsMoment = (resolve: object): boolean => known.has(resolve);
