// The state machine of a server as a table: which action leads from which status to which. Others are refused.
import { errandStages, stages } from './stages.ts';
import { Conflict } from '../userError.ts';

export const statuses = ['DISCOVERED', 'PROVISIONING', 'INSTALLED', 'FAILED', 'RETIRED'] as const;

export type Status = (typeof statuses)[number];

/** Actions of people, and of installs: progress callbacks (`succeed`, `fail`) and missed deadlines (`fail`). */
export const actions = [
  'provision',
  'reprovision',
  'adopt',
  'cancel',
  'abort',
  'reset',
  'retire',
  'restore',
  'succeed',
  'fail',
] as const;

export type Action = (typeof actions)[number];

/** `before` leads back to where the attempt came from, if it touched no disk; else to FAILED. */
type Target = Status | 'before';

export const transitions: Readonly<Record<Status, Readonly<Partial<Record<Action, Target>>>>> = {
  DISCOVERED: { provision: 'PROVISIONING', adopt: 'INSTALLED', retire: 'RETIRED' },
  PROVISIONING: { succeed: 'INSTALLED', fail: 'FAILED', cancel: 'before', abort: 'FAILED' },
  INSTALLED: { reprovision: 'PROVISIONING', retire: 'RETIRED' },
  FAILED: { provision: 'PROVISIONING', reprovision: 'PROVISIONING', reset: 'DISCOVERED', retire: 'RETIRED' },
  RETIRED: { restore: 'DISCOVERED' },
};

/** What ends a wipe or a shell that is open, besides what the status allows: the status stays. */
const duringErrand: ReadonlySet<Action> = new Set<Action>(['cancel']);

const byInstaller = new Set<Action>(['succeed', 'fail']);

const isAllowed = (status: Status, action: Action, errand: boolean): boolean =>
  transitions[status][action] !== undefined || (errand && duringErrand.has(action));

/** What people may do with a server of this status, while a wipe or a shell is open or not. */
export const allowedActions = (status: Status, errand = false): Action[] =>
  actions.filter((action) => !byInstaller.has(action) && isAllowed(status, action, errand));

/** Where an open attempt came from, for `cancel`. */
export interface Origin {
  fromStatus: Status;
  diskTouched: boolean;
  /** It is a wipe or a shell, which has no part in the status */
  errand?: boolean;
}

/** The status that an action leads to, or undefined when the table does not have it. */
export function transition(status: Status, action: Action, origin?: Origin): Status | undefined {
  const target = transitions[status][action];
  if (target === undefined && origin?.errand && duringErrand.has(action)) return status;
  if (target !== 'before') return target;
  return origin && !origin.diskTouched ? origin.fromStatus : 'FAILED';
}

/** The status that an action leads to. Throws Conflict, naming the status and what it allows. */
export function assertTransition(server: { name: string; status: string }, action: Action, origin?: Origin): Status {
  const status = server.status as Status;
  const next = transition(status, action, origin);
  if (next) return next;
  const allowed = allowedActions(status, origin?.errand);
  const list = allowed.length === 1 ? allowed[0]! : `${allowed.slice(0, -1).join(', ')} or ${allowed.at(-1)!}`;
  throw new Conflict(`Server "${server.name}" is ${status}: it cannot ${action}.`, `From ${status} it can ${list}.`);
}

/** Steps of an attempt; they only advance. */
export const phases = [
  'QUEUED',
  'BOOTING',
  'PRE',
  'PARTITION',
  'PACKAGES',
  'POST',
  'REBOOT',
  'FIRST_BOOT',
  'DONE',
] as const;

/** From this phase on, the disk is no longer what it was. */
const touching = phases.indexOf('PARTITION');

const phaseOfStage = new Map([...stages, ...errandStages].map(({ name, phase }) => [name, phase]));

/** The phase that a stage is part of, when it is one that is known, in any case and with `-` or `_`. */
export const phaseOf = (stage: string): string | undefined =>
  phaseOfStage.get(stage.toLowerCase().replaceAll('_', '-'));

/** The later of two phases. */
export const laterPhase = (a: string, b: string): string =>
  phases.indexOf(b as 'PRE') > phases.indexOf(a as 'PRE') ? b : a;

/** Whether an attempt in this phase may have written to the disk. */
export const touchesDisk = (phase: string): boolean => phases.indexOf(phase as 'PRE') >= touching;
