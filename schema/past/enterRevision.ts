// Makes the context of an earlier revision, in which a root field and all fields below it are answered.
import type { GraphQLResolveInfo } from 'graphql';
import { head } from '../../server/store/changes.ts';
import { Batches } from '../base/batch.ts';
import type { Context, Moment, PastContext } from '../base/context.ts';
import { demandKept } from '../base/contextAt.ts';
import { Past } from './tablesAt.ts';

/** Enters a revision for a root field and all below it. Throws GONE or BAD_USER_INPUT for one that cannot be gone back to. */
export async function enterRevision(
  context: Context,
  info: GraphQLResolveInfo,
  at: string | null | undefined,
): Promise<Moment> {
  if (at == null) return context;
  context.beforeReading();
  const now = await head(context.database.prisma);
  const rev = demandKept(at, now);
  const others = [...context.pasts.values()];
  const entered: PastContext = others.find(({ past }) => past.rev === rev) ?? {
    caller: context.caller,
    pasts: context.pasts,
    turns: context.turns,
    beforeReading: () => context.beforeReading(),
    past: new Past(context, now, rev, others[0]?.past as Past | undefined),
    // A batch of its own: fields at different revisions must not be loaded together.
    batches: new Batches(context, context.turns),
  };
  context.pasts.set(info.path.key, entered);
  return entered;
}
