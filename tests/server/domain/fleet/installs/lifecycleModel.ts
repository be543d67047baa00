// What a server's life may be, written a second time and as plainly as it can be: a test holds the real one to it.

type Said = 'QUEUED' | 'INSTALLED' | 'FAILED';

export interface ModelAttempt {
  readonly number: number;
  readonly fromStatus: string;
  phase: number;
  outcome: string | null;
  secret: string | null;
  diskTouched: boolean;
  lastSequence: number;
  /** What was last said of each stage */
  readonly said: Map<string, string>;
  readonly begun: number;
  /** When it was last heard of, by the clock of the test */
  heard: number;
}

/** The rows of the table by status: who or what may do it, and where it leads. A cancel leads back, if it still can. */
const TABLE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  DISCOVERED: { provision: 'PROVISIONING', adopt: 'INSTALLED', retire: 'RETIRED' },
  PROVISIONING: { abort: 'FAILED', cancel: 'back', INSTALLED: 'INSTALLED', FAILED: 'FAILED' },
  INSTALLED: { reprovision: 'PROVISIONING', retire: 'RETIRED' },
  FAILED: { provision: 'PROVISIONING', reprovision: 'PROVISIONING', reset: 'DISCOVERED', retire: 'RETIRED' },
  RETIRED: { restore: 'DISCOVERED' },
};

/** From each status those that one step may lead to. */
export const nextOf = (status: string): string[] => [
  ...new Set(
    Object.values(TABLE[status]!).flatMap((to) => (to === 'back' ? ['DISCOVERED', 'INSTALLED', 'FAILED'] : [to])),
  ),
];

export const PHASES = ['QUEUED', 'BOOTING', 'PRE', 'PARTITION', 'PACKAGES', 'POST', 'REBOOT', 'FIRST_BOOT', 'DONE'];

/** Stages, and the number of the phase that each is part of; null for one that no list has. */
export const STAGES: Readonly<Record<string, number | null>> = {
  booting: 1,
  pre: 2,
  disk: 2,
  partition: 3,
  PARTITION: 3,
  packages: 4,
  post: 5,
  k3s_prep: 5,
  reboot: 6,
  'first-boot': 7,
  done: 8,
  coffee: null,
};

const PARTITION = 3;
const DONE = 8;

export interface ModelCallback {
  readonly proof: string | null;
  readonly stage: string;
  readonly state: Said | null;
  readonly seq: number | null;
  readonly message: string;
}

/** One server, with what happened to it. */
export class ModelServer {
  status = 'DISCOVERED';
  readonly attempts: ModelAttempt[] = [];

  get open(): ModelAttempt | undefined {
    return this.attempts.find(({ outcome }) => outcome === null);
  }

  /** Somebody does something; returns whether that is allowed. */
  act(deed: string, now: number): boolean {
    const to = TABLE[this.status]![deed];
    if (to === undefined) return false;
    const { open } = this;
    if (open) open.outcome = deed === 'cancel' ? 'CANCELLED' : 'FAILED';
    if (to === 'PROVISIONING')
      this.attempts.push({
        number: this.attempts.length + 1,
        fromStatus: this.status,
        phase: 0,
        outcome: null,
        secret: null,
        diskTouched: false,
        lastSequence: 0,
        said: new Map(),
        begun: now,
        heard: now,
      });
    this.status = to !== 'back' ? to : open!.diskTouched ? 'FAILED' : open!.fromStatus;
    return true;
  }

  /** An attempt gets its secret; returns whether the machine may be booted into the installer with it. */
  begin(attempt: ModelAttempt, secret: string): boolean | 'refused' {
    if (attempt.outcome !== null) return false;
    if (attempt.secret !== null && attempt.secret !== secret) return 'refused';
    attempt.secret = secret;
    return true;
  }

  /** The open attempt fails, whoever says so. */
  fail(attempt: ModelAttempt): void {
    if (attempt.outcome !== null) return;
    attempt.outcome = 'FAILED';
    this.status = 'FAILED';
  }

  /** A machine says something by the bastion that holds it. */
  callBack({ proof, stage, state, seq, message }: ModelCallback, now: number): void {
    const attempt = proof === null ? undefined : this.attempts.find(({ secret }) => secret === proof);
    if (!attempt || (seq !== null && seq <= attempt.lastSequence)) return;
    attempt.lastSequence = seq ?? attempt.lastSequence;
    if (attempt.outcome !== null) return;
    if (state === 'INSTALLED') {
      attempt.outcome = 'SUCCEEDED';
      attempt.phase = DONE;
      this.status = 'INSTALLED';
      return;
    }
    if (attempt.said.get(stage) !== message) attempt.heard = now;
    attempt.said.set(stage, message);
    attempt.phase = Math.max(attempt.phase, STAGES[stage] ?? 0);
    attempt.diskTouched ||= attempt.phase >= PARTITION;
    if (state === 'FAILED') this.fail(attempt);
  }
}
