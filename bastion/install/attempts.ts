// The install attempts of this bastion, each with its token: kept in one file, so that a restart in the middle of an install
// neither forgets a token nor arms a machine again.
import { join } from 'node:path';
import type { InstallPlan } from '../../common/install/plan.ts';
import type { ServerRole } from '../generated/documents.ts';
import { Troubles } from '../state/diskTrouble.ts';
import { readIfThere, seal, unseal, writeWhole } from '../state/files.ts';
import { states, type AttemptEvent, type AttemptState } from './states.ts';
import { hashToken, isToken, makeToken } from './token.ts';

/** What labd orders. */
export interface Ordered {
  /** labd's ids of the order and of the server */
  readonly order: string;
  readonly server: string;
  /** The attempt's number among the server's */
  readonly number: number;
  /** The one that it boots from first */
  readonly macs: readonly string[];
  readonly os?: string | null | undefined;
  readonly role?: ServerRole | null | undefined;
  /** What is installed, and how */
  readonly plan?: InstallPlan | undefined;
  /** What the Secrets that the plan names keep, by their names */
  readonly secrets?: Readonly<Record<string, string>> | undefined;
}

export interface Attempt extends Ordered {
  readonly state: AttemptState;
  /** Until it has ended */
  readonly token?: string | undefined;
  readonly hash: string;
  /** The number of the last callback that was taken; 0 before the first */
  readonly seq: number;
}

export interface AttemptsOptions {
  dir: string;
  /** Random bytes that nobody can guess */
  bytes: (size: number) => Buffer;
  warn: (message: string) => void;
}

const keyOf = ({ server, number }: Pick<Ordered, 'server' | 'number'>) => `${server} ${number}`;

export class Attempts {
  readonly #options: AttemptsOptions;
  readonly #attempts: Map<string, Attempt>;
  readonly #troubles: Troubles;
  #writing: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;
  /** Changes that were made, and those that are on the disk */
  #changes = 0;
  #saved = 0;

  private constructor(options: AttemptsOptions, attempts: readonly Attempt[]) {
    this.#options = options;
    this.#troubles = new Troubles(options.dir, ({ message }) =>
      options.warn(
        `${message}. What machines that are being installed say is refused meanwhile, and they say it again`,
      ),
    );
    this.#attempts = new Map(attempts.map((attempt) => [keyOf(attempt), attempt]));
  }

  /** Reads a directory's attempts. Without a readable file there are none: labd fails those that were open, by deadline. */
  static async open(options: AttemptsOptions): Promise<Attempts> {
    const path = pathIn(options.dir);
    const text = await readIfThere(path);
    const attempts = text === null ? [] : parse(text);
    if (!attempts)
      options.warn(`${path} is unreadable: installs that were under way fail, and can be provisioned anew`);
    return new Attempts(options, attempts ?? []);
  }

  /** Those whose token labd may not have heard of. */
  offered(): Attempt[] {
    return [...this.#attempts.values()].filter(({ state }) => state === 'offered');
  }

  /** The attempt that decides what a machine boots. None when two machines have that MAC: neither may be installed by it. */
  openFor(mac: string): Attempt | undefined {
    const open = this.#of(mac).filter(({ state }) => states[state].open);
    const boots = open.filter(({ macs }) => macs[0] === mac);
    const [only, ...others] = boots.length > 0 ? boots : open;
    return others.length === 0 ? only : undefined;
  }

  /** The attempt of the machine with this MAC that has this token, whether it is open or not. */
  provenBy(token: string, mac: string): Attempt | undefined {
    // Each is looked at, so that the time says nothing.
    return this.#of(mac).filter(({ hash }) => isToken(token, hash))[0];
  }

  /** Those whose callbacks count. */
  open(): Attempt[] {
    return [...this.#attempts.values()].filter(({ state }) => states[state].open);
  }

  /** The open attempt that has this token. */
  openWith(token: string): Attempt | undefined {
    // Each is looked at, so that the time says nothing.
    return this.open().filter(({ hash }) => isToken(token, hash))[0];
  }

  /** Makes a token for an attempt that is ordered; the same for the same attempt. Resolves once it is on the disk. */
  async offer(ordered: Ordered): Promise<Attempt> {
    const known = this.#attempts.get(keyOf(ordered));
    if (known) {
      await this.settle();
      return known;
    }
    const token = makeToken(this.#options.bytes);
    const attempt: Attempt = { ...ordered, state: 'offered', token, hash: hashToken(token), seq: 0 };
    // Of a server one attempt is open, and the last that ended is remembered, to tell a late callback from a stranger's.
    const before = [...this.#attempts.values()].filter(({ server }) => server === ordered.server);
    for (const old of before.slice(0, -1)) this.#attempts.delete(keyOf(old));
    for (const old of before.slice(-1)) this.#advance(old, 'cancelled');
    this.#set(attempt);
    await this.settle();
    return attempt;
  }

  /** Notes what happened to an attempt, and which callback said so. Resolves once it is on the disk. Throws DiskTrouble. */
  async note(attempt: Attempt, event: AttemptEvent | undefined, seq = 0): Promise<void> {
    const now = this.#attempts.get(keyOf(attempt));
    if (!now) return;
    const counted = { ...now, seq: Math.max(now.seq, seq) };
    // The number alone is not worth a write: labd knows what it has taken.
    this.#attempts.set(keyOf(now), counted);
    if (event !== undefined) this.#advance(counted, event);
    await this.settle();
  }

  /** Ends an attempt because labd did; returns whether it is known. Resolves once that is on the disk. */
  async cancel(which: Pick<Ordered, 'server' | 'number'>): Promise<boolean> {
    const attempt = this.#attempts.get(keyOf(which));
    if (attempt) await this.note(attempt, 'cancelled');
    return attempt !== undefined;
  }

  /** Drops the attempts of machines that boot from these MACs. Resolves once that is on the disk. */
  async forget(macs: readonly string[]): Promise<void> {
    const gone = [...this.#attempts.values()].filter(
      ({ macs: [boots] }) => boots !== undefined && macs.includes(boots),
    );
    for (const attempt of gone) this.#attempts.delete(keyOf(attempt));
    this.#changes += gone.length;
    await this.settle();
  }

  #of(mac: string): Attempt[] {
    return [...this.#attempts.values()].filter(({ macs }) => macs.includes(mac));
  }

  #advance(attempt: Attempt, event: AttemptEvent): void {
    const state = states[attempt.state].leadsTo[event];
    if (state)
      this.#set({ ...attempt, state, ...(states[state].open ? {} : { token: undefined, secrets: undefined }) });
  }

  #set(attempt: Attempt): void {
    this.#attempts.set(keyOf(attempt), attempt);
    this.#changes += 1;
  }

  /**
   * Resolves once every change is on the disk, also one that could not be written before. Many callers share the next
   * write. Throws DiskTrouble.
   */
  async settle(): Promise<void> {
    if (this.#saved === this.#changes) return;
    this.#next ??= this.#writing.catch(() => {}).then(() => (this.#writing = this.#write()));
    await this.#next;
  }

  async #write(): Promise<void> {
    this.#next = undefined;
    const changes = this.#changes;
    try {
      await writeWhole(pathIn(this.#options.dir), seal({ attempts: [...this.#attempts.values()] }));
    } catch (error) {
      this.#troubles.tell(error);
      throw error;
    }
    this.#troubles.over();
    this.#saved = changes;
  }
}

const pathIn = (dir: string) => join(dir, 'attempts.json');

/** Undefined when it is damaged: a digit of a MAC that a disk got wrong must not have another machine installed. */
const parse = (text: string): readonly Attempt[] | undefined =>
  unseal<{ attempts: Attempt[] }>(text, { bare: false })?.attempts;
