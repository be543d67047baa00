// The log of an install as it is written.
import { GraphQLError } from 'graphql';
import { allOf, type Where } from '../../server/domain/where.ts';
import { meant } from '../../server/domain/objects/reference.ts';
import { followLines } from '../../server/stream/lines.ts';
import { builder } from '../base/builder.ts';
import { tableOf } from '../rows/tables.ts';
import { LogLine } from '../kinds/installParts.ts';
import { InstallAttempt } from '../kinds/install.ts';
import { visible } from '../lists/listArguments.ts';

builder.subscriptionField('installLog', (t) =>
  t.field({
    type: LogLine,
    action: 'read',
    kind: 'InstallAttempt',
    description: 'The lines of an install, then those that come. Ends when the install is over and all lines are told.',
    args: {
      by: t.arg({
        type: InstallAttempt.by,
        required: true,
        description: 'Which install: by its id, or by its name such as `labmaster.3`.',
      }),
      after: t.arg({ type: 'Counter', description: 'Only what comes after the line with this number.' }),
    },
    subscribe: async (_root, { by, after }, context) => {
      const table = tableOf(context, 'InstallAttempt');
      // Permissions are asked anew each time: a caller who may no longer see the server gets no more lines.
      const find = async (where: Where) =>
        (await table.findMany({ where: allOf(where, visible(context, InstallAttempt)), take: 1 }))[0];
      const [found] = await meant(InstallAttempt.referenceWays(by), async (way) => {
        const row = await find(way);
        return row ? [row] : [];
      });
      if (!found)
        throw new GraphQLError(`There is no install "${Object.values(by)[0]}", or you may not see it.`, {
          extensions: { code: 'NOT_FOUND' },
        });
      const attempt = async () => (await find({ id: found.id })) as { finishedAt: Date | null } | undefined;
      return followLines(context.database, found.id, attempt, BigInt(after ?? -1));
    },
    resolve: (line) => line,
  }),
);
