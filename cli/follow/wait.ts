// Waiting until an object is as wanted, and telling each step of the installs on the way.
import { CliError, exits } from '../terminal/errors.ts';
import { explain } from '../why/load.ts';
import { only } from '../objects/filters.ts';
import { InstallsDocument, type InstallStepsFragment, WatchInstallsDocument } from '../generated/documents.ts';
import { type Goal, goalOf, type Seen } from './waitConditions.ts';
import type { KindView, Row, WatchEvent } from '../kinds/kind.ts';
import type { Client } from '../labd/client.ts';
import { followOn } from '../labd/resume.ts';
import { findOne } from '../objects/lists.ts';
import { BY_NAME_OR_PLACE } from '../objects/references.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { drawable, harmless, word } from '../terminal/text.ts';

type Install = InstallStepsFragment & { id: string; os: string; createdAt: string };

/** Prints what happens during the wait. */
interface Reporter {
  note(line: string): void;
  /** How far an install is; it is over when it has an outcome */
  install(install: Install): void;
  close(): void;
}

/** Lines, for pipes and files. */
const plain = ({ err }: Terminal): Reporter => ({
  note: (line) => void err.write(`${harmless(line)}\n`),
  install: () => undefined,
  close: () => undefined,
});

/** Lines, and on a terminal below them how far each install is. */
async function reporterFor(terminal: Terminal): Promise<Reporter> {
  if (!drawable(terminal.err, terminal.env)) return plain(terminal);
  const { openProgress } = await import('../tui/progress.ts');
  return openProgress(terminal);
}

/** Prints each step of installs once. Installs that were over before the wait began are left out. */
class Steps {
  readonly #printed = new Set<string>();
  readonly #finishedBefore = new Set<string>();

  readonly #reporter: Reporter;

  constructor(before: readonly Install[], reporter: Reporter) {
    this.#reporter = reporter;
    for (const { id, outcome } of before) if (outcome !== null) this.#finishedBefore.add(id);
  }

  tell(install: Install): void {
    const { id, name, phase, stages, outcome, failure } = install;
    if (this.#finishedBefore.has(id)) return;
    this.#reporter.install(install);
    for (const stage of stages) this.#once(`${name}: ${stage.name}${stage.message ? `, ${stage.message}` : ''}`);
    if (stages.length === 0) this.#once(`${name}: ${word(phase)}`);
    const why = failure?.reason ? `: ${failure.reason}` : '';
    if (outcome !== null) this.#once(`${name}: ${word(outcome)}${why}`);
  }

  #once(line: string): void {
    if (this.#printed.has(line)) return;
    this.#printed.add(line);
    this.#reporter.note(line);
  }
}

const shape = { wide: false, full: true };

/** The latest installs of a server, the oldest first. */
async function installsOf(client: Client, serverId: string): Promise<Install[]> {
  const filter = { server: { eq: serverId } };
  const orderBy = { field: 'CREATED_AT', direction: 'DESC' } as const;
  const { page } = await client.run(InstallsDocument, { ...shape, first: 5, filter, orderBy });
  return page.nodes.map((node) => node as Install).reverse();
}

interface Followed<R> {
  readonly filter: object;
  readonly ended: AbortSignal;
  /** Gets each object as it is; undefined for one that is gone */
  readonly each: (row: R | undefined) => void;
  /** Nothing of it is there any more */
  readonly none?: () => void;
  readonly reporter: Reporter;
}

/** Follows a kind until it is told to end. */
function followKind<R>(client: Client, document: object, follow: Followed<R>): Promise<void> {
  const { filter, ended, each, none = () => undefined, reporter } = follow;
  let listed = false;
  let found = false;
  return followOn<{ event: WatchEvent<R> }>(client.target, {
    document: String(document),
    variables: { filter, ...shape },
    ended,
    each({ event }) {
      if ('object' in event) {
        found = true;
        each(event.__typename.endsWith('Deleted') ? undefined : event.object);
      } else if (event.__typename === 'Bookmark') {
        listed = true;
        if (!found) none();
        // What was cut off is listed anew.
      } else found = false;
      return listed ? event.revision : undefined;
    },
    cut: (why) => reporter.note(`labd is away (${why}); trying again`),
    back: () => undefined,
  });
}

export interface Wanted {
  /** As --for says it */
  readonly goal: string;
  /** Seconds */
  readonly timeout: number;
  /** When time is up, as the terminal counts milliseconds, where several share it */
  readonly until?: number;
}

/** The object as it is now; undefined when there is none and that is what is waited for. */
async function find(client: Client, view: KindView, called: string, goal: Goal): Promise<(Row & Seen) | undefined> {
  const run = (by: Record<string, string>) => client.run(view.documents.get, { by, ...shape } as never);
  try {
    return await findOne(run, view, called, goal.met(undefined) ? BY_NAME_OR_PLACE : undefined);
  } catch (error) {
    if (goal.met(undefined) && error instanceof CliError && error.exit === exits.notFound) return undefined;
    throw error;
  }
}

/** Milliseconds that a timer can wait; what takes longer is waited for again. */
const LONGEST = 2 ** 31 - 1;

interface Until {
  readonly goal: Goal;
  /** Seconds */
  readonly timeout: number;
  readonly reporter: Reporter;
}

/** Follows an object until the goal is met, lost, or time runs out. Returns it as it is then. */
async function until(client: Client, view: KindView, object: Row & Seen, { goal, timeout, reporter }: Until) {
  let last: (Row & Seen) | undefined = object;
  const ended = new AbortController();
  const timer = setTimeout(() => ended.abort(), Math.min(timeout * 1000, LONGEST));
  const over = () => goal.met(last) || goal.lost(last);
  const look = (row: (Row & Seen) | undefined) => {
    const before = last?.status;
    last = row;
    if (over()) ended.abort();
    else if (row?.status && row.status !== before) reporter.note(`${view.kind.field}/${row.name}: ${word(row.status)}`);
  };
  const follows = [
    followKind<Row & Seen>(client, view.documents.watch, {
      filter: only(view, [object]),
      ended: ended.signal,
      each: look,
      // It may have gone before anybody looked.
      none: () => void look(undefined),
      reporter,
    }),
  ];
  const server = view.kind.type === 'Server';
  const steps = new Steps(server ? await installsOf(client, object.id) : [], reporter);
  if (server)
    follows.push(
      followKind<Install>(client, WatchInstallsDocument, {
        filter: { server: { eq: object.id } },
        ended: ended.signal,
        each: (install) => void (install && steps.tell(install)),
        reporter,
      }),
    );
  try {
    await Promise.all(follows);
  } finally {
    clearTimeout(timer);
    ended.abort();
  }
  // The last step may have come after what it led to.
  if (server && last) for (const install of await installsOf(client, object.id)) steps.tell(install);
  return last;
}

/** Waits. Throws CliError when it was in vain: for too long, or for what only people can bring about. */
export async function waitFor(client: Client, view: KindView, called: string, wanted: Wanted): Promise<void> {
  const { terminal } = client.target;
  const goal = goalOf(wanted.goal, view);
  const deadline = wanted.until ?? terminal.elapsed() + wanted.timeout * 1000;
  const first = await find(client, view, called, goal);
  const shown = `${view.kind.field}/${first?.name ?? called}`;
  let last = first;
  const reporter = await reporterFor(terminal);
  try {
    while (last && !goal.met(last) && !goal.lost(last) && terminal.elapsed() < deadline) {
      const now = await until(client, view, last, { goal, timeout: (deadline - terminal.elapsed()) / 1000, reporter });
      // It may only have another name.
      last = now ?? (await client.run(view.documents.get, { by: { id: last.id }, ...shape } as never)).one ?? undefined;
    }
  } finally {
    reporter.close();
  }
  if (goal.met(last)) return void terminal.out.write(`${harmless(shown)} is ${goal.text}\n`);
  if (last && view.kind.type === 'Server') terminal.err.write(await explain(client, last.id));
  if (!goal.lost(last)) throw new CliError('timedOut', `${shown} was not ${goal.text} within ${wanted.timeout} s.`);
  const now = last ? `${word(last.status)}, and does not become ${goal.text} by itself` : 'gone';
  throw new CliError('failed', `${shown} is ${now}.`);
}
