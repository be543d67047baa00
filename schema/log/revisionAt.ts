// The latest revision at a given time, and the time of a revision: people know the one or the other.
import { GraphQLError } from 'graphql';
import { head } from '../../server/store/changes.ts';
import { formatCursor } from '../../server/store/cursor.ts';
import { databaseNow } from '../../server/store/seals.ts';
import { builder } from '../base/builder.ts';
import { demandKept } from '../base/contextAt.ts';
import { momentAt } from '../base/givenMoment.ts';

builder.queryField('revisionAt', (t) =>
  t.field({
    type: 'Revision',
    action: 'read',
    description:
      'The last revision, in the order of the log, that bears this time or an earlier one, to give as `at`; of a time to come the latest there is. If the clock was set back, that may be after changes which bear a later time.',
    args: {
      time: t.arg({
        type: 'DateTime',
        required: true,
        description: 'The time to look at, such as `2026-01-31T12:00:00Z`, a day, or how long ago, such as `2h`.',
      }),
    },
    resolve: async (_root, { time }, context) => {
      context.beforeReading();
      const { now, present, last, asked } = await context.database.read(async (client) => {
        const present = await databaseNow(client);
        const asked = momentAt(time, present.getTime(), 'time');
        return {
          now: await head(client),
          present,
          asked,
          // Where the clock was set back, a later change may bear an earlier time: the last one that does is meant.
          last: await client.change.findFirst({
            where: { at: { lte: asked } },
            orderBy: { rev: 'desc' },
            select: { rev: true },
          }),
        };
      });
      const rev = asked >= present ? now.rev : (last?.rev ?? 0n);
      if (rev >= now.compacted) return formatCursor({ logId: now.logId, rev });
      throw new GraphQLError(
        `What was so at ${asked.toISOString()} is no longer kept: the earliest revision is rev:${now.compacted}.`,
        { extensions: { code: 'GONE' } },
      );
    },
  }),
);

builder.queryField('timeOf', (t) =>
  t.field({
    type: 'DateTime',
    nullable: true,
    action: 'read',
    description:
      'When the change of a revision was committed, to which ages of what is read `at` it are counted; null where that change itself is no longer kept.',
    args: {
      revision: t.arg({ type: 'Revision', required: true, description: 'The revision, as `at` takes it.' }),
    },
    resolve: async (_root, { revision }, context) => {
      context.beforeReading();
      return context.database.read(async (client) => {
        const rev = demandKept(revision, await head(client));
        return (await client.change.findUnique({ where: { rev }, select: { at: true } }))?.at ?? null;
      });
    },
  }),
);
