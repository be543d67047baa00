// The fleet at a glance, as `lab top` shows it: what labd answered, in words, with nothing in it that steers a terminal.
import type { TopQuery } from '../generated/documents.ts';
import { age, harmless, type Style, turnText, word } from '../terminal/text.ts';

/** Servers of one status. */
interface Count {
  readonly status: string;
  readonly servers: number;
  readonly style: Style | undefined;
}

/** An install that runs. */
export interface Running {
  readonly server: string;
  readonly phase: string;
  /** From 0 to 1 */
  readonly done: number;
  /** Seconds since it began */
  readonly since: number;
  /** Seconds that are left, as installs before it took; undefined while there were none */
  readonly left: number | undefined;
  /** Its stage takes longer than as a rule, by far */
  readonly slow: boolean;
  /** The stage that it is in, and the seconds of that which are left, as it took before; undefined where that is not known */
  readonly stage: { readonly name: string; readonly left: number } | undefined;
}

interface BastionLine {
  readonly name: string;
  readonly online: boolean;
  /** How long ago it was last heard of; undefined for never */
  readonly seen: string | undefined;
}

export interface ServerLine {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly style: Style | undefined;
  readonly role: string;
  readonly ip: string;
  readonly bastion: string;
  readonly changed: string;
}

interface EventLine {
  readonly key: string;
  readonly ago: string;
  readonly actor: string;
  readonly what: string;
}

/** All of it. */
export interface Fleet {
  readonly counts: readonly Count[];
  readonly bastions: readonly BastionLine[];
  readonly running: readonly (Running & { os: string })[];
  readonly servers: readonly ServerLine[];
  readonly events: readonly EventLine[];
}

/** The steps of an install, in their order; each counts as much as the next. */
const phases = ['QUEUED', 'BOOTING', 'PRE', 'PARTITION', 'PACKAGES', 'POST', 'REBOOT', 'FIRST_BOOT', 'DONE'];

const styles: Record<string, Style> = { INSTALLED: 'green', PROVISIONING: 'yellow', FAILED: 'red', RETIRED: 'dim' };

const statuses = ['discovered', 'provisioning', 'installed', 'failed', 'retired'] as const;

const text = (value: string | null | undefined): string => harmless(value ?? '-');

/** An install, as far as its progress goes. */
export interface Install {
  /** What it is called, or its server */
  readonly name: string;
  readonly phase: string;
  /** Its place among those that wait for their turn */
  readonly turn?: { readonly position: number; readonly waiting: number } | null;
  /** The bastion that it waits for */
  readonly at?: string | undefined;
  readonly createdAt: string;
  /** What past installs teach of it */
  readonly estimate?: { readonly eta: string; readonly slow: string | null } | null;
  readonly outcome?: string | null;
  readonly stages?: readonly {
    readonly name: string;
    readonly finishedAt: string | null;
    readonly expected: string | null;
  }[];
}

/** How far an install is. */
export function runningOf({ name, phase, turn, at, createdAt, estimate, stages }: Install, now: number): Running {
  const since = Math.max(0, (now - Date.parse(createdAt)) / 1000);
  const until = (moment: string) => Math.max(0, (Date.parse(moment) - now) / 1000);
  const running = stages?.findLast(({ finishedAt }) => finishedAt === null);
  return {
    server: text(name),
    phase: turn ? `${turnText(turn)}${at === undefined ? '' : ` at ${text(at)}`}` : word(phase),
    done: Math.max(0, phases.indexOf(phase)) / (phases.length - 1),
    since,
    left: estimate ? until(estimate.eta) : undefined,
    slow: (estimate?.slow ?? null) !== null,
    stage: running?.expected ? { name: text(running.name), left: until(running.expected) } : undefined,
  };
}

/** Makes words of an answer, counted from now. */
export function fleetOf(top: TopQuery, now: number): Fleet {
  return {
    counts: statuses.map((status) => ({
      status,
      servers: top[status].totalCount,
      style: styles[status.toUpperCase()],
    })),
    bastions: top.bastions.nodes.map(({ name, online, lastSeenAt }) => ({
      name: text(name),
      online,
      seen: lastSeenAt ? age(lastSeenAt, now) : undefined,
    })),
    running: top.running.nodes.map((install) => ({
      ...runningOf({ ...install, name: install.server?.name ?? '-', at: install.server?.bastion?.name }, now),
      os: text(install.os),
    })),
    servers: top.servers.nodes.map(({ id, name, status, role, ip, bastion, updatedAt }) => ({
      id,
      name: text(name),
      status: word(status),
      style: styles[status],
      role: text(word(role)),
      ip: text(ip),
      bastion: text(bastion?.name),
      changed: age(updatedAt, now),
    })),
    events: top.events.nodes.map(({ revision, at, actor, action, kind, name }) => ({
      key: revision,
      ago: age(at, now),
      actor: text(actor),
      what: text(`${action} ${kind}/${name}`),
    })),
  };
}

/** `[######----]  60 %`, in so many columns. */
export function bar(done: number, width = 20): string {
  const full = Math.round(Math.min(1, Math.max(0, done)) * width);
  return `[${'#'.repeat(full)}${'-'.repeat(width - full)}] ${String(Math.round(done * 100)).padStart(3)} %`;
}

/** Seconds in words: `45s`, `12m`. */
const duration = (seconds: number): string => age(new Date(0), seconds * 1000);

/** How far an install is, and how long it may still take. */
export const progress = ({ phase, done, since, left, slow, stage }: Running): string => {
  const inStage = stage && stage.left > 0 ? ` (${duration(stage.left)} of ${stage.name})` : '';
  const all = left === undefined ? '' : `, about ${duration(left)} left${inStage}`;
  return `${bar(done)}  ${phase.padEnd(10)} ${duration(since)}${all}${slow ? ', slow' : ''}`;
};
