// The install attempts of this bastion, each with its token: kept on the disk, so that a restart in the middle of an install
// neither forgets a token nor arms a machine again.
import type { InstallPlan } from '../../common/install/plan.ts';
import type { ServerRole } from '../generated/documents.ts';
import { Troubles } from '../state/diskTrouble.ts';
import { AttemptFiles } from './attemptFiles.ts';
import { states, type AttemptEvent, type AttemptState } from './states.ts';
import { hashToken, isToken, makeToken } from './token.ts';

/** What labd orders, or people without labd. */
export interface Ordered {
  /** labd's id of the order; none of what people asked of the bastion itself */
  readonly order?: string | undefined;
  /** labd's id of the server; without an order the MAC that the machine boots from */
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
  readonly #files: AttemptFiles<Attempt>;
  readonly #attempts = new Map<string, Attempt>();
  readonly #troubles: Troubles;
  /** Those of which the disk has not the last yet, and the hashes of those that are gone */
  #changed = new Set<string>();
  #gone = new Set<string>();
  /** They are still in the one file of an earlier version */
  #moved: boolean;
  #writing: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  private constructor(options: AttemptsOptions, files: AttemptFiles<Attempt>, moved: boolean) {
    this.#options = options;
    this.#files = files;
    this.#moved = moved;
    this.#troubles = new Troubles(options.dir, ({ message }) =>
      options.warn(
        `${message}. What machines that are being installed say is refused meanwhile, and they say it again`,
      ),
    );
  }

  /** Reads a directory's attempts. What is not readable is none: labd fails it, if it was open, by deadline. */
  static async open(options: AttemptsOptions): Promise<Attempts> {
    const files = new AttemptFiles<Attempt>(options.dir);
    const { attempts, moved } = await files.read((path) =>
      options.warn(
        `${path} is unreadable, and counts no more: installs that were under way fail, and can be provisioned anew`,
      ),
    );
    const opened = new Attempts(options, files, moved);
    // The next one of a server may have reached the disk before the end of the one before it.
    for (const attempt of attempts.toSorted((a, b) => a.number - b.number)) {
      for (const old of opened.#ofServer(attempt.server)) opened.#advance(old, 'cancelled');
      opened.#attempts.set(keyOf(attempt), attempt);
    }
    // What cannot be written now is written with the next change.
    await opened.settle().catch(() => {});
    return opened;
  }

  /** Those whose token labd may not have heard of. */
  offered(): (Attempt & { readonly order: string })[] {
    return [...this.#attempts.values()].flatMap((attempt) =>
      attempt.state === 'offered' && attempt.order !== undefined ? [{ ...attempt, order: attempt.order }] : [],
    );
  }

  /** Those that nobody at labd ordered and that are not over. */
  own(): Attempt[] {
    return [...this.#attempts.values()].filter(({ order, token }) => order === undefined && token !== undefined);
  }

  /** The last of those for the machine that boots from a MAC, over or not. */
  lastOwn(mac: string): Attempt | undefined {
    return this.#ofServer(mac).at(-1);
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
    const before = this.#before(ordered);
    for (const old of before.slice(0, -1)) this.#drop(old);
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

  /**
   * Ends an attempt because labd did; returns whether it is known. One that began here is known by its machine alone.
   * Resolves once that is on the disk.
   */
  async cancel(which: Pick<Ordered, 'server' | 'number' | 'macs'>): Promise<boolean> {
    const began = this.own().find(({ server }) => which.macs.includes(server));
    const attempt = this.#attempts.get(keyOf(which)) ?? began;
    if (attempt) await this.note(attempt, 'cancelled');
    return attempt !== undefined;
  }

  /** Drops the attempts of machines that boot from these MACs. Resolves once that is on the disk. */
  async forget(macs: readonly string[]): Promise<void> {
    const gone = [...this.#attempts.values()].filter(
      ({ macs: [boots] }) => boots !== undefined && macs.includes(boots),
    );
    for (const attempt of gone) this.#drop(attempt);
    await this.settle();
  }

  #ofServer(id: string): Attempt[] {
    return [...this.#attempts.values()].filter(({ server }) => server === id);
  }

  /** Earlier ones of the same machine, also those that nobody at labd ordered. */
  #before({ server, macs }: Ordered): Attempt[] {
    return [...this.#attempts.values()].filter(
      (one) => one.server === server || (one.order === undefined && macs.includes(one.server)),
    );
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
    this.#changed.add(keyOf(attempt));
  }

  #drop(attempt: Attempt): void {
    this.#attempts.delete(keyOf(attempt));
    this.#gone.add(attempt.hash);
  }

  /**
   * Resolves once every change is on the disk, also one that could not be written before. Many callers share the next
   * write. Throws DiskTrouble.
   */
  async settle(): Promise<void> {
    if (this.#next === undefined && !this.#isDirty) return this.#writing;
    this.#next ??= this.#writing.catch(() => {}).then(() => (this.#writing = this.#write()));
    await this.#next;
  }

  get #isDirty(): boolean {
    return this.#moved || this.#changed.size > 0 || this.#gone.size > 0;
  }

  async #write(): Promise<void> {
    this.#next = undefined;
    const [changed, gone] = [this.#changed, this.#gone];
    this.#changed = new Set();
    this.#gone = new Set();
    try {
      if (this.#moved) await this.#files.move([...this.#attempts.values()]);
      else
        await this.#files.write(
          [...changed].flatMap((key) => this.#attempts.get(key) ?? []),
          [...gone],
        );
      this.#moved = false;
    } catch (error) {
      this.#changed = new Set([...changed, ...this.#changed]);
      this.#gone = new Set([...this.#gone, ...gone]);
      this.#troubles.tell(error);
      throw error;
    }
    this.#troubles.over();
  }
}
