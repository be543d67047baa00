// Installs that people ask of a bastion which has no labd: begun here, watched by deadlines, and ended as labd would.
import { commandsFor, missingFor } from '../../common/install/held.ts';
import { INSTALL_TIME, PHASE_TIME } from '../../common/patience.ts';
import type { InstallPlan } from '../../common/install/plan.ts';
import { assertTransition } from '../../common/install/transitions.ts';
import { normaliseMac } from '../../common/mac.ts';
import { nameOf } from '../../common/machineName.ts';
import { Conflict, InvalidInput } from '../../common/userError.ts';
import type { ProgressInput } from '../generated/documents.ts';
import type { Attempt, Attempts } from '../install/attempts.ts';
import type { AttemptEvent } from '../install/states.ts';
import type { Intake } from '../state/intake.ts';
import type { Machine, Machines } from '../state/machines.ts';
import type { SpoolItem } from '../state/said.ts';
import { planFor, type Planned, type Wanted } from './plan.ts';

export interface InstallsOptions {
  readonly attempts: Attempts;
  readonly machines: Machines;
  readonly intake: Pick<Intake, 'progress'>;
  /** The keys of the files here; null for a bastion from which nothing boots */
  readonly keys: () => Promise<readonly string[] | null>;
  /** Milliseconds of a clock that nobody sets */
  readonly elapsed: () => number;
}

/** What people ask for. */
export interface Asked extends Wanted {
  /** A MAC in any spelling, or a name */
  readonly machine: string;
  /** It is installed, and is to be installed anew */
  readonly again: boolean;
}

export interface Considered extends Planned {
  readonly machine: Machine;
  /** Whether something on its disks may be lost */
  readonly hasData: boolean;
}

const minutes = (milliseconds: number): string => `${Math.round(milliseconds / 60_000)} minutes`;

/** What a labd is told that is met later. */
const begunBy = ({ parameters, disk, profile }: InstallPlan) => ({
  parameters,
  disk,
  files: profile.files.map(({ use, path, sha256 }) => ({ use, path, sha256 })),
});

/** When an attempt was first looked at, and when its machine said something last. */
interface Watch {
  readonly since: number;
  readonly heard: number;
}

export class Installs {
  readonly #options: InstallsOptions;
  readonly #watched = new Map<string, Watch>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: InstallsOptions) {
    this.#options = options;
  }

  /** The machine with this MAC or name. Throws InvalidInput. */
  machine(called: string): Machine {
    const { machines } = this.#options;
    const mac = normaliseMac(called);
    const found = mac
      ? [machines.find(mac)].filter((one) => one !== undefined)
      : machines.list().filter((one) => nameOf(one) === called || one.hostname === called);
    const [only, other] = found;
    if (only && !other) return only;
    throw new InvalidInput(
      'machine',
      `${only ? 'More than one machine' : 'No machine'} here is "${called.slice(0, 80)}"`,
      'Say the MAC address of one: lab bastion machines.',
    );
  }

  /** What an install would be, with all that may be refused. Throws InvalidInput, Conflict. */
  async consider({ machine: called, again, ...wanted }: Asked): Promise<Considered> {
    const { attempts } = this.#options;
    const machine = this.machine(called);
    const name = nameOf(machine);
    const open = attempts.openFor(machine.mac);
    if (open)
      throw new Conflict(
        `Machine "${name}" is being installed: ${open.os ?? 'it'} is at stage ${machine.stage ?? 'queued'}`,
        `Wait for it: lab logs ${name} --bastion here -f.`,
      );
    assertTransition({ name, status: machine.status }, again ? 'reprovision' : 'provision');
    const planned = planFor(machine, wanted);
    await this.#demandFiles(planned);
    const partitioned = (machine.report?.disks ?? []).some(({ partitions }) => (partitions ?? 0) > 0);
    const hasData = partitioned || machine.status === 'INSTALLED' || attempts.lastOwn(machine.mac) !== undefined;
    return { ...planned, machine, hasData };
  }

  /** Begins an install, one at a time: the machine's next netboot gets the installer. Throws InvalidInput, Conflict. */
  begin(asked: Asked): Promise<Attempt> {
    return this.#inTurn(() => this.#begin(asked));
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#last.catch(() => {}).then(work);
    this.#last = run;
    return run;
  }

  async #begin(asked: Asked): Promise<Attempt> {
    const { attempts, intake } = this.#options;
    const { machine, plan } = await this.consider(asked);
    const { mac } = machine;
    const number = (attempts.lastOwn(mac)?.number ?? 0) + 1;
    const os = plan.profile.name;
    const attempt = await attempts.offer({ server: mac, number, macs: plan.machine.macs, os, plan });
    try {
      await intake.progress({ mac, stage: 'queued', state: 'QUEUED', os, proof: attempt.hash, begun: begunBy(plan) });
    } catch (error) {
      await attempts.note(attempt, 'cancelled').catch(() => {});
      throw error;
    }
    // Only what the spool has may be booted: labd hears of it some day.
    await attempts.note(attempt, 'taken');
    return attempt;
  }

  /** Ends the install of a machine, which is what it was before if no disk was touched yet. Throws InvalidInput, Conflict. */
  cancel(called: string): Promise<Machine> {
    return this.#inTurn(() => this.#cancel(called));
  }

  async #cancel(called: string): Promise<Machine> {
    const machine = this.machine(called);
    const open = this.#options.attempts.own().find(({ server }) => server === machine.mac);
    if (!open)
      throw new Conflict(`Machine "${nameOf(machine)}" is not being installed`, 'See how it is: lab bastion machines.');
    const message = 'It was cancelled at the bastion.';
    await this.#end(open, { state: 'CANCELLED', message }, 'cancelled');
    return this.machine(machine.mac);
  }

  async #demandFiles({ plan: { profile } }: Planned): Promise<void> {
    const keys = await this.#options.keys();
    if (keys === null)
      throw new Conflict(
        'This bastion installs nothing: it runs without boot services',
        'Start it with --interface NAME, or with --http-boot where DHCP elsewhere sends machines here.',
      );
    const missing = missingFor(profile, new Set(keys));
    if (missing.length === 0) return;
    throw new Conflict(
      `Files of profile "${profile.name}" are missing: ${missing.map(({ use, path }) => `${use} ${path}`).join(', ')}`,
      `On this machine: ${commandsFor(profile.name, missing)
        .map((command) => `lab ${command}`)
        .join(' and ')}`,
    );
  }

  /** Ends what a start finds half done: attempts that were killed as they began or ended, and machines whose attempt is gone. */
  async mend(): Promise<void> {
    const { attempts, machines } = this.#options;
    for (const attempt of attempts.own()) {
      if (attempt.state === 'offered') await this.#fail(attempt, 'The bastion ended as the install began.');
      // Its end is in the spool: no netboot may get the installer any more.
      else if (machines.find(attempt.server)?.status !== 'PROVISIONING') await attempts.note(attempt, 'ended');
    }
    for (const { mac, status } of machines.list())
      if (status === 'PROVISIONING' && !attempts.openFor(mac)) machines.decide([mac], 'FAILED');
  }

  /** Machines said something: their deadlines begin anew. */
  heard(items: readonly SpoolItem[]): void {
    for (const { body } of items) {
      const proof = body.progress?.proof ?? body.log?.proof;
      const watch = proof == null ? undefined : this.#watched.get(proof);
      if (watch) this.#watched.set(proof!, { ...watch, heard: this.#options.elapsed() });
    }
  }

  /** Fails what is overdue; to be called every few seconds. A restart begins the deadlines anew: it fails nothing. */
  async sweep(): Promise<void> {
    const open = this.#options.attempts.own().filter(({ state }) => state !== 'offered');
    const hashes = new Set(open.map(({ hash }) => hash));
    for (const hash of this.#watched.keys()) if (!hashes.has(hash)) this.#watched.delete(hash);
    for (const attempt of open) {
      const moment = this.#options.elapsed();
      const watch = this.#watched.get(attempt.hash) ?? { since: moment, heard: moment };
      this.#watched.set(attempt.hash, watch);
      if (moment - watch.since > INSTALL_TIME)
        await this.#fail(attempt, `It was not over ${minutes(INSTALL_TIME)} after it began.`);
      else if (moment - watch.heard > PHASE_TIME) await this.#fail(attempt, this.#silenceOf(attempt));
    }
  }

  #stageOf({ server }: Attempt): string {
    return this.#options.machines.find(server)?.stage ?? 'queued';
  }

  #silenceOf(attempt: Attempt): string {
    const stage = this.#stageOf(attempt);
    const silent = minutes(PHASE_TIME);
    if (stage === 'queued')
      return `The machine did not boot from the network in ${silent}: power it on, and have it do so.`;
    if (stage === 'booting') return `The machine booted, but its installer said nothing for ${silent}.`;
    return `The installer was silent for ${silent} after stage ${stage}.`;
  }

  #fail(attempt: Attempt, error: string): Promise<void> {
    return this.#end(attempt, { state: 'FAILED', error }, attempt.state === 'offered' ? 'cancelled' : 'ended');
  }

  async #end(attempt: Attempt, how: Pick<ProgressInput, 'state' | 'message' | 'error'>, event: AttemptEvent) {
    const { attempts, intake } = this.#options;
    await intake.progress({ mac: attempt.server, stage: this.#stageOf(attempt), ...how, proof: attempt.hash });
    await attempts.note(attempt, event);
  }
}
