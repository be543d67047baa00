// Install attempts on the command line.
import { catalog } from '../../schema/catalog.ts';
import {
  DescribeInstallDocument,
  type DescribeInstallQuery,
  InstallDocument,
  type InstallRowFragment,
  InstallsDocument,
  type InstallStepsFragment,
  WatchInstallsDocument,
  type InstallEndQuery,
} from '../generated/documents.ts';
import type { PlannedDisk } from '../../common/install/plan.ts';
import { age, gigabytes, left, type Style, took, turnText, until, word } from '../terminal/text.ts';
import { constantField, defineKind, list, type Section } from './kind.ts';

type Described = NonNullable<DescribeInstallQuery['one']>;

const colours: Record<string, Style> = { SUCCEEDED: 'green', FAILED: 'red', CANCELLED: 'dim' };

type State = Pick<InstallStepsFragment, 'outcome' | 'phase' | 'turn'>;

/** How far it is: its phase, or its place among those that wait. */
const phaseText = ({ phase, turn }: Pick<State, 'phase' | 'turn'>): string => (turn ? turnText(turn) : word(phase));

/** What the last of some attempts installs, or has the ramdisk do, and how far it is; while it is open. */
export const openText = ([last]: readonly (State & { os: string })[]): string | null =>
  last?.outcome === null ? `${last.os}: ${phaseText(last)}` : null;

/** What came of it, or how far it is; `where` says which bastion's turn it waits for. */
export const stateOf = ({ outcome, phase, turn }: State, where = ''): string => {
  if (outcome !== null) return word(outcome);
  return turn ? `${turnText(turn)}${where}` : `open, in phase ${word(phase)}`;
};

/** How an install ended, as a sentence; undefined when it has not. */
export function endText({ name, outcome, failure }: NonNullable<InstallEndQuery['install']>): string | undefined {
  if (outcome === null) return undefined;
  if (outcome === 'CANCELLED') return `Install ${name} was cancelled.`;
  if (!failure) return `Install ${name} ${word(outcome)}.`;
  return `Install ${name} ${word(outcome)}${failure.stage ? ` in stage ${failure.stage}` : ''}: ${failure.reason}`;
}

/** When it should be over, and whether it is slow, as past installs teach. */
const estimateFacts = ({ outcome, estimate }: InstallStepsFragment, now: number): [string, string | null][] => {
  if (outcome !== null || estimate === null) return [];
  const { eta, slow } = estimate;
  return [
    ['Expected', `${eta} (${until(eta, now)})`],
    ['Slow', slow && `stage ${slow} takes more than three times what it takes as a rule`],
  ];
};

const failureFacts = ({ failure }: InstallStepsFragment): [string, string | null][] => [
  ['Failed in', failure && failure.stage],
  ['Reason', failure && failure.reason],
];

const stages = ({ stages: all }: InstallStepsFragment, now: number): Section[] =>
  list('Stages', all, ({ name, startedAt, finishedAt, expected, message, error }) => {
    const title = `${name}: ${took(startedAt, finishedAt, now)}`;
    const due = finishedAt === null && expected !== null ? `${expected} (${until(expected, now)})` : null;
    const said = Object.entries({ Expected: due, Message: message, Error: error }).filter(
      ([, value]) => value !== null,
    );
    // A stage of which nothing is said happened all the same: it is no empty part, which would be left out.
    return said.length === 0 ? { title } : { title, facts: said };
  });

/** An install as a part of its server's description. */
export const installSection = (
  install: InstallStepsFragment & { os: string; createdAt: string; finishedAt: string | null },
  now: number,
): Section => ({
  title: `${install.name}: ${stateOf(install)}`,
  facts: [
    ['OS', install.os],
    ['Begun', install.createdAt],
    ['Took', took(install.createdAt, install.finishedAt, now)],
    ...estimateFacts(install, now),
    ...failureFacts(install),
  ],
  below: stages(install, now),
});

const deadline = (at: string | null, outcome: string | null, now: number): string | null =>
  at && outcome === null ? `${at} (${left(at, now)})` : null;

export const diskText = (disk: PlannedDisk | null): string | null =>
  disk &&
  [
    disk.name,
    disk.sizeGb === null ? '' : gigabytes(disk.sizeGb),
    disk.serial === null ? '' : `serial ${disk.serial}`,
    disk.wwn === null ? '' : `WWN ${disk.wwn}`,
  ]
    .filter(Boolean)
    .join(', ');

/** What an install is told, and where each value is from. */
const parameterSection = (parameters: unknown): Section[] => {
  const all = Object.entries(parameters as Readonly<Record<string, { value: unknown; from: string }>>);
  const text = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
  const facts = all.map(([name, { value, from }]) => [name, `${text(value)} (${from})`] as const);
  return facts.length === 0 ? [] : [{ title: 'Parameters', facts }];
};

function describe(install: Described, now: number): Section {
  const { outcome } = install;
  const lines = outcome === 'FAILED' && install.failure ? install.failure.lines : install.lines.map(({ line }) => line);
  return {
    title: `install/${install.name}`,
    facts: [
      ['Id', install.id],
      ['Is', stateOf(install)],
      ['Server', install.server?.name ?? '(hidden)'],
      ['OS', install.os],
      ['Role', word(install.role)],
      ['Revision', install.revision],
      ['Disk', diskText(install.disk as PlannedDisk | null)],
      ['Begun', install.createdAt],
      ['Took', took(install.createdAt, install.finishedAt, now)],
      ['Status before', word(install.fromStatus)],
      ['Disk touched', install.diskTouched ? 'yes' : 'no'],
      ...estimateFacts(install, now),
      ['To be heard of', deadline(install.phaseDeadline, outcome, now)],
      ['To be over', deadline(install.deadline, outcome, now)],
      ['Clock stopped', install.pausedAt && `since ${install.pausedAt}: its bastion is away`],
      ...failureFacts(install),
      ['Log', `${install.logTotal} lines${install.logDropped ? `, of which ${install.logDropped} are not kept` : ''}`],
    ],
    below: [
      ...parameterSection(install.parameters),
      ...stages(install, now),
      ...list('Last lines', lines, (title) => ({ title })),
    ],
  };
}

export const install = defineKind<InstallRowFragment, Described>({
  kind: catalog.InstallAttempt,
  documents: {
    list: InstallsDocument,
    get: InstallDocument,
    watch: WatchInstallsDocument,
    describe: DescribeInstallDocument,
  },
  columns: [
    { header: 'NAME', value: ({ name }) => name },
    { header: 'OS', value: ({ os }) => os },
    { header: 'PHASE', value: phaseText },
    {
      header: 'OUTCOME',
      value: ({ outcome }) => word(outcome),
      style: ({ outcome }) => (outcome === null ? 'yellow' : colours[outcome]),
    },
    { header: 'ROLE', wide: true, value: ({ role }) => word(role) },
    {
      header: 'EXPECTED',
      wide: true,
      value: ({ estimate }, now) => estimate && (estimate.slow ? `slow in ${estimate.slow}` : until(estimate.eta, now)),
    },
    { header: 'TOOK', value: ({ createdAt, finishedAt }, now) => finishedAt && took(createdAt, finishedAt, now) },
    { header: 'AGE', value: ({ createdAt }, now) => age(createdAt, now) },
  ],
  fields: {
    'spec.os': { field: 'os' },
    'status.phase': constantField('phase'),
    'status.outcome': constantField('outcome'),
  },
  placeless: true,
  manifest: (row) => ({
    spec: {
      os: row.os,
      role: word(row.role),
      revision: row.revision,
      parameters: row.parameters,
      disk: row.disk,
      files: row.files,
    },
    status: {
      server: row.server?.name ?? null,
      number: row.number,
      phase: word(row.phase),
      outcome: word(row.outcome),
      turn: row.turn,
      createdAt: row.createdAt,
      updatedAt: row.updatedAt,
      finishedAt: row.finishedAt,
      fromStatus: word(row.fromStatus),
      diskTouched: row.diskTouched,
      phaseDeadline: row.phaseDeadline,
      pausedAt: row.pausedAt,
      deadline: row.deadline,
      stages: row.stages,
      failure: row.failure,
      logTotal: row.logTotal,
      logDropped: row.logDropped,
    },
  }),
  describe,
  create: {},
  example: '',
  orders: ['CREATED_AT', 'PHASE'],
});
