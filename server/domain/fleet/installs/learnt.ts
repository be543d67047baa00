// What past installs teach of those that run: how long each stage takes on such a machine, when it should be over, and
// whether the stage that it is in takes too long.
import type { Prisma } from '../../../store/generated/client.ts';

type Client = Prisma.TransactionClient;

/** The last attempts of a profile that are looked at, and how many of them count. */
const LOOKED_AT = 200;
const COUNTED = 20;
/** Fewer teach nothing. */
const LEAST = 3;
/** A stage that takes so many times its usual time is slow. */
const SLOW = 3;
/** Milliseconds: less counts as so much. */
const SHORTEST = 10_000;

export interface Estimate {
  /** When it should be over */
  readonly eta: Date;
  /** The stage that it is in, when that takes too long */
  readonly slow: string | null;
  /** When each stage that has begun should be over; those of which too little was learnt are left out */
  readonly stages: ReadonlyMap<string, Date>;
}

interface Past {
  readonly id: string;
  readonly profile: string;
  readonly model: string;
  readonly finishedAt: Date;
}

interface Stage {
  readonly name: string;
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
}

const MODEL = `concat_ws(' ', s.vendor, s.product)`;

/** The middle of some numbers; undefined of too few. */
function median(numbers: readonly number[]): number | undefined {
  return numbers.length < LEAST ? undefined : numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
}

/** Estimates for some attempts, by id: three statements, however many there are. */
export async function estimatesOf(client: Client, ids: readonly string[], now: Date): Promise<Map<string, Estimate>> {
  const asked = await client.$queryRawUnsafe<Omit<Past, 'finishedAt'>[]>(
    `SELECT a.id, a.profile, ${MODEL} AS model FROM install_attempt a JOIN server s ON s.id = a.server_id
      WHERE a.id = ANY($1::uuid[])`,
    ids,
  );
  const profiles = [...new Set(asked.map(({ profile }) => profile))];
  const past = await client.$queryRawUnsafe<Past[]>(
    `SELECT p.id, p.profile, p.finished_at AS "finishedAt", ${MODEL} AS model
       FROM unnest($1::text[]) AS wanted(profile)
      CROSS JOIN LATERAL (SELECT * FROM install_attempt a WHERE a.profile = wanted.profile AND a.outcome = 'SUCCEEDED'
                           ORDER BY a.created_at DESC, a.id DESC LIMIT ${LOOKED_AT}) p
       JOIN server s ON s.id = p.server_id
      ORDER BY p.created_at DESC`,
    profiles,
  );
  const teachersOf = ({ profile, model }: Pick<Past, 'profile' | 'model'>) => {
    const same = past.filter((one) => one.profile === profile);
    const alike = same.filter((one) => one.model === model);
    return (alike.length < LEAST ? same : alike).slice(0, COUNTED);
  };
  const needed = new Set([...asked, ...asked.flatMap(teachersOf)].map(({ id }) => id));
  const rows = await client.installStage.findMany({
    where: { attemptId: { in: [...needed] } },
    orderBy: { position: 'asc' },
  });
  const stagesOf = new Map<string, Stage[]>();
  for (const { attemptId, ...stage } of rows) stagesOf.set(attemptId, [...(stagesOf.get(attemptId) ?? []), stage]);
  const estimates = asked.flatMap((one) => {
    const lessons = teachersOf(one).map(({ id, finishedAt }) => ({ finishedAt, stages: stagesOf.get(id) ?? [] }));
    const estimate = estimateOf(stagesOf.get(one.id) ?? [], lessons, now);
    return estimate ? [[one.id, estimate] as const] : [];
  });
  return new Map(estimates);
}

/** Undefined until the machine has said something, and where too little was learnt. The wait for a turn does not count. */
function estimateOf(
  stages: readonly Stage[],
  lessons: readonly { finishedAt: Date; stages: readonly Stage[] }[],
  now: Date,
): Estimate | undefined {
  const [first] = stages;
  const whole = median(
    lessons.flatMap((one) => (one.stages[0] ? [one.finishedAt.getTime() - one.stages[0].startedAt.getTime()] : [])),
  );
  if (!first || whole === undefined) return undefined;
  const usualOf = (stage: string) =>
    median(
      lessons.flatMap((one) =>
        one.stages.flatMap(({ name, startedAt, finishedAt }) =>
          name === stage && finishedAt ? [finishedAt.getTime() - startedAt.getTime()] : [],
        ),
      ),
    );
  const running = stages.find(({ finishedAt }) => finishedAt === null);
  const usual = running && usualOf(running.name);
  // What takes a second as a rule is not slow for having taken three.
  const isSlow =
    running && usual !== undefined && now.getTime() - running.startedAt.getTime() > SLOW * Math.max(usual, SHORTEST);
  return {
    eta: new Date(first.startedAt.getTime() + whole),
    slow: isSlow ? running.name : null,
    stages: new Map(
      stages.flatMap(({ name, startedAt }) => {
        const takes = usualOf(name);
        return takes === undefined ? [] : [[name, new Date(startedAt.getTime() + takes)] as const];
      }),
    ),
  };
}
