// What belongs to an install attempt: its name, stages, failure and log.
import { GraphQLError } from 'graphql';
import { type Turn, turnsOf } from '../../server/domain/fleet/installs/turns.ts';
import { type Estimate, estimatesOf } from '../../server/domain/fleet/installs/learnt.ts';
import { PLACE } from '../../server/domain/objects/parts.ts';
import { builder } from '../base/builder.ts';
import type { Context, PastContext } from '../base/context.ts';
import { batched, computedField, idsOf } from '../fields/computed.ts';

interface StageRow {
  name: string;
  message: string | null;
  error: string | null;
  startedAt: Date;
  finishedAt: Date | null;
}

/** With when it should be over, which is looked up once for all stages that came together, if anybody asks. */
interface LearntStage extends StageRow {
  expected: () => Promise<Date | null>;
}

const InstallStage = builder.objectRef<LearntStage>('InstallStage').implement({
  description: 'One step of an install, as the installer named it.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'What the installer calls it.' }),
    startedAt: t.expose('startedAt', { type: 'DateTime', description: 'When the stage began.' }),
    finishedAt: t.expose('finishedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it ended; null while it lasts.',
    }),
    expected: t.field({
      type: 'DateTime',
      nullable: true,
      description:
        'When it should be over, or should have been, as that stage took in the middle in past installs of the same profile, on the same model where there were enough. Null where fewer than three teach that, and once the install is over.',
      resolve: ({ expected }) => expected(),
    }),
    duration: t.float({
      nullable: true,
      description: 'How long it took, seconds; null while it lasts.',
      resolve: ({ startedAt, finishedAt }) =>
        finishedAt && Math.max(0, finishedAt.getTime() - startedAt.getTime()) / 1000,
    }),
    message: t.exposeString('message', { nullable: true, description: 'What the installer said of it last.' }),
    error: t.exposeString('error', { nullable: true, description: 'What went wrong in it.' }),
  }),
});

interface FailedRow {
  failureStage: string | null;
  failureReason: string | null;
  failureLines: string[];
}

const InstallFailure = builder.objectRef<FailedRow>('InstallFailure').implement({
  description: 'Why an install failed.',
  fields: (t) => ({
    stage: t.exposeString('failureStage', {
      nullable: true,
      description: 'The stage in which it failed; null when that is not known.',
    }),
    reason: t.exposeString('failureReason', { nullable: true, description: 'Why, in a sentence.' }),
    lines: t.exposeStringList('failureLines', { description: 'The last lines of its log.' }),
  }),
});

interface LineRow {
  seq: bigint;
  at: Date;
  line: string;
}

export const LogLine = builder.objectRef<LineRow>('LogLine').implement({
  description: 'A line of output of an install.',
  fields: (t) => ({
    sequence: t.expose('seq', {
      type: 'Counter',
      description: 'Its number, given by the bastion, or by labd where another line had that: it only grows.',
    }),
    at: t.expose('at', { type: 'DateTime', description: 'When it was written.' }),
    line: t.exposeString('line', { description: 'The line, as the machine wrote it: not safe to print as it is.' }),
  }),
});

interface Attempt {
  id: string;
  serverId: string;
  number: number;
  waiting: boolean;
  finishedAt: Date | null;
  /** Where and what the server was, in a row that a watch delivered */
  [PLACE]?: { name: string };
}

type Named = { id: string; name: string };

const serversOf = (attempts: readonly Attempt[]) => ({
  where: { id: { in: [...new Set(attempts.map(({ serverId }) => serverId))] } },
});

/** One that went with its server is named by the server's id. */
function nameBy(servers: readonly Named[]) {
  const names = new Map(servers.map(({ id, name }) => [id, name]));
  return ({ serverId, number }: Attempt) => `${names.get(serverId) ?? serverId}.${number}`;
}

/** `name`: SERVER.NUMBER. */
export const installNameField = computedField({
  type: 'String',
  description: "The server's name and the attempt's number, such as `labmaster.3`.",
  columns: ['serverId', 'number'],
  now: batched(async (attempts: readonly Attempt[], { database }: Context) =>
    nameBy(await database.prisma.server.findMany({ ...serversOf(attempts), select: { id: true, name: true } })),
  ),
  then: batched(async (attempts: readonly Attempt[], { past }: PastContext) =>
    nameBy(await past.find<Named>('Server', serversOf(attempts))),
  ),
  // The log says what the server was called when it went out of sight.
  hidden: (attempt: Attempt) => `${attempt[PLACE]?.name ?? attempt.serverId}.${attempt.number}`,
});

/** What past installs teach of those that are open. */
async function estimatesNow(attempts: readonly Attempt[], { database }: Context): Promise<Map<string, Estimate>> {
  const open = attempts.filter(({ finishedAt }) => finishedAt === null);
  return open.length === 0 ? new Map() : estimatesOf(database.prisma, idsOf(open), new Date(database.system.now()));
}

/** The same answer each time. */
function once<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: Promise<T> | undefined;
  return () => (loaded ??= load());
}

/** `stages`: in order; of all attempts that ask, in one statement. */
export const stagesField = computedField({
  type: [InstallStage],
  description: 'Its steps, in the order in which they began. None at a revision: they are not in the change log.',
  columns: ['id', 'finishedAt'],
  now: batched(async (attempts: readonly Attempt[], here: Context) => {
    const found = await here.database.prisma.installStage.findMany({
      where: { attemptId: { in: idsOf(attempts) } },
      orderBy: [{ position: 'asc' }],
    });
    const learnt = once(() => estimatesNow(attempts, here));
    const groups = new Map<string, LearntStage[]>();
    for (const stage of found) {
      const { attemptId, name } = stage;
      const expected = async () => (await learnt()).get(attemptId)?.stages.get(name) ?? null;
      groups.set(attemptId, [...(groups.get(attemptId) ?? []), { ...stage, expected }]);
    }
    return ({ id }: Attempt): LearntStage[] => groups.get(id) ?? [];
  }),
  then: [],
  hidden: () => [],
});

/** `taken`: the hash that says so is a secret, and in no row that a watch or an earlier revision gives. */
export const takenField = computedField({
  type: 'Boolean',
  nullable: true,
  description:
    'Whether its bastion has taken the order, so that the machine is given the installer when it boots. Null at a revision: that is not in the change log.',
  columns: ['id'],
  now: batched(async (attempts: readonly Attempt[], { database }: Context) => {
    const taken = await database.prisma.installAttempt.findMany({
      where: { id: { in: idsOf(attempts) }, secretHash: { not: null } },
      select: { id: true },
    });
    const ids = new Set(taken.map(({ id }) => id));
    return ({ id }: Attempt) => ids.has(id);
  }),
  then: null,
  hidden: () => null,
});

const InstallTurn = builder.objectRef<Turn>('InstallTurn').implement({
  description: 'The place of an install among those that wait for their turn at one bastion.',
  fields: (t) => ({
    position: t.exposeInt('position', { description: 'Which it is, from 1: that one is begun next.' }),
    waiting: t.exposeInt('waiting', { description: 'How many wait there in all.' }),
  }),
});

/** `turn`: of all attempts that ask and wait, in one statement; none when no one waits. */
export const turnField = computedField({
  type: InstallTurn,
  nullable: true,
  description:
    'Its place in the queue of its bastion, which runs only so many installs at once; null when it does not wait. Null at a revision: it moves on without a change of its own.',
  columns: ['id', 'waiting'],
  now: batched(async (attempts: readonly Attempt[], { database }: Context) => {
    const waiting = attempts.filter((attempt) => attempt.waiting);
    const turns = waiting.length === 0 ? [] : await turnsOf(database.prisma, idsOf(waiting));
    const byId = new Map(turns.map((turn) => [turn.id, turn]));
    return ({ id }: Attempt): Turn | null => byId.get(id) ?? null;
  }),
  then: null,
  hidden: () => null,
});

const InstallEstimate = builder.objectRef<Estimate>('InstallEstimate').implement({
  description:
    'What past installs of the same profile, on the same model where there were enough, teach of one that runs.',
  fields: (t) => ({
    eta: t.expose('eta', {
      type: 'DateTime',
      description: 'When it should be over, or should have been, as those took in the middle.',
    }),
    slow: t.exposeString('slow', {
      nullable: true,
      description: 'The stage that it is in, when that takes three times what it takes as a rule; else null.',
    }),
  }),
});

/** `estimate`: of all attempts that ask and are open, in three statements; none when none is. */
export const estimateField = computedField({
  type: InstallEstimate,
  nullable: true,
  description:
    'When it should be over, or should have been, learnt from at least three that succeeded. Null before its machine has said anything, once it is over, and at a revision: that is not in the change log.',
  columns: ['id', 'finishedAt'],
  now: batched(async (attempts: readonly Attempt[], here: Context) => {
    const estimates = await estimatesNow(attempts, here);
    return ({ id }: Attempt): Estimate | null => estimates.get(id) ?? null;
  }),
  then: null,
  hidden: () => null,
});

/** `failure`. */
export const failureField = {
  type: InstallFailure,
  nullable: true as const,
  description: 'Why it failed; null when it did not.',
  extensions: { columns: ['outcome', 'failureStage', 'failureReason', 'failureLines'] },
  resolve: (row: unknown) => ((row as { outcome: string | null }).outcome === 'FAILED' ? (row as FailedRow) : null),
};

/** At most so many lines are read at once. */
const LINES = 1_000;
const USUAL = 100;

interface LinesArgs {
  first?: number | null | undefined;
  last?: number | null | undefined;
  after?: number | null | undefined;
}

const invalid = (message: string) => new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });

function checked({ first, last, after }: LinesArgs): { take: number; ends: 'asc' | 'desc'; after: bigint } {
  if (first != null && last != null) throw invalid('Give first or last, not both.');
  const take = last ?? first ?? USUAL;
  if (take < 0 || take > LINES) throw invalid(`At most ${LINES} lines are read at once.`);
  return { take, ends: last == null ? 'asc' : 'desc', after: after == null ? -1n : BigInt(after) };
}

const linesArgs = builder.args((t) => ({
  first: t.int({ description: `The first so many; ${USUAL} when neither is given, ${LINES} at most.` }),
  last: t.int({ description: `The last so many instead, ${LINES} at most.` }),
  after: t.field({ type: 'Counter', description: 'Only what comes after the line with this number.' }),
}));

const loadLines = batched(async (attempts: readonly Attempt[], { database }: Context, args: LinesArgs) => {
  const { take, ends, after } = checked(args);
  const found = await database.prisma.installAttempt.findMany({
    where: { id: { in: idsOf(attempts) } },
    select: { id: true, lines: { where: { seq: { gt: after } }, orderBy: { seq: ends }, take } },
    relationLoadStrategy: 'join',
  });
  const groups = new Map(found.map(({ id, lines }) => [id, ends === 'asc' ? lines : lines.toReversed()]));
  return ({ id }: Attempt): LineRow[] => groups.get(id) ?? [];
});

/** `lines`: a part of the log; of all attempts that ask, by one lateral join. */
export const linesField = computedField({
  type: [LogLine],
  description:
    'Lines of its log, in order: the first, or the last. None at a revision: they are not in the change log.',
  args: linesArgs,
  columns: ['id'],
  sizes: { size: { arguments: ['first', 'last'], otherwise: USUAL } },
  now: loadLines,
  then: (_attempt: Attempt, _here, args) => {
    checked(args);
    return [];
  },
  hidden: () => [],
});
