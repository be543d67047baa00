// Applying manifests: all of them in one transaction, or none, with everything that is wrong said at once.
import type { Recorded, Writer } from '../../store/types.ts';
import { Conflict, InvalidInput } from '../errors.ts';
import { type Permissions, type Row } from '../objects/objects.ts';
import { table } from '../objects/tables.ts';
import { allOf } from '../where.ts';
import { type Manifest, readManifest, type Read, type Wanted } from './manifest.ts';
import { applyOne, type FieldChange, type Manner, valueProblems } from './applyManifest.ts';
import { type Located, Problems } from './problems.ts';
import { keepSet } from './pruneSets.ts';

export const MOST_MANIFESTS = 1_000;
/** How often what is refused is tried again, as long as something else went through meanwhile. */
const ROUNDS = 10;

export interface Asked extends Manner {
  readonly manifests: readonly Manifest[];
  readonly set: string | undefined;
  readonly prune: boolean;
  readonly dryRun: boolean;
}

/** What became of one object; `index` is its manifest's, null for what was pruned. */
export interface Outcome {
  readonly index: number | null;
  readonly kind: string;
  readonly row: Row;
  readonly outcome: 'CREATED' | 'CONFIGURED' | 'UNCHANGED' | 'PRUNED';
  readonly changes: readonly FieldChange[];
}

/** Thrown when something is wrong: nothing is written. */
export class NotApplied extends Error {
  readonly problems: readonly Located[];

  constructor(problems: readonly Located[]) {
    super('The manifests were not applied');
    this.problems = problems;
  }
}

/** Thrown at the end of a dry run, so that nothing of it stays. */
export class DryRun extends Error {
  readonly outcomes: readonly Outcome[];

  constructor(outcomes: readonly Outcome[]) {
    super('A dry run');
    this.outcomes = outcomes;
  }
}

const key = (kind: string, name: string): string => `${kind}/${name}`;

/** What is there under the names of the manifests, as far as the caller may see it. */
async function findExisting(tx: Writer, wanted: readonly Wanted[], may: Permissions): Promise<Map<string, Row>> {
  const found = new Map<string, Row>();
  for (const kind of new Set(wanted.map(({ type }) => type))) {
    const names = wanted.filter(({ type }) => type === kind).map(({ name }) => name);
    const where = allOf({ name: { in: names.filter((name) => !name.includes('\u0000')) } }, may.visible(kind));
    const rows = await table(tx.client, kind).findMany({ where, orderBy: { id: 'asc' }, take: MOST_MANIFESTS });
    for (const row of rows) found.set(key(kind, String(row['name'])), row);
  }
  return found;
}

/** Runs work that may fail without the whole transaction: what it wrote is undone then, and not recorded. */
async function inSavepoint<T>(tx: Writer, work: (inner: Writer) => Promise<T>): Promise<T> {
  const recorded: Recorded[] = [];
  await tx.client.$executeRaw`SAVEPOINT manifest`;
  try {
    const value = await work({ ...tx, record: (change) => void recorded.push(change) });
    await tx.client.$executeRaw`RELEASE SAVEPOINT manifest`;
    for (const change of recorded) tx.record(change);
    return value;
  } catch (error) {
    if (error instanceof Problems) await tx.client.$executeRaw`ROLLBACK TO SAVEPOINT manifest`;
    throw error;
  }
}

function duplicates(reads: readonly Read[]): Located[] {
  const first = new Set<string>();
  return reads.flatMap(({ type, name, wanted }, index) => {
    const repeated = wanted && first.has(key(type, name));
    first.add(key(type, name));
    if (!repeated) return [];
    const path = 'metadata.name';
    const error = new InvalidInput(
      path,
      `${wanted.kind.inventory.noun} "${name}" is there twice.`,
      'Keep one of them.',
    );
    return [{ index, kind: type, name, path, error }];
  });
}

/** Applies what can be applied, in rounds: what one refuses may be right once another is done. */
async function rounds(
  tx: Writer,
  wanted: readonly Wanted[],
  rows: ReadonlyMap<string, Row>,
  mistaken: ReadonlySet<number>,
  may: Permissions,
  manner: Manner,
): Promise<{ outcomes: Outcome[]; problems: Located[] }> {
  const outcomes: Outcome[] = [];
  let problems: Located[] = [];
  let left = [...wanted].sort((a, b) => a.kind.turn - b.kind.turn);
  for (let round = 0; round < ROUNDS && left.length > 0; round++) {
    problems = [];
    const again: Wanted[] = [];
    const failed = new Set(wanted.filter(({ index }) => mistaken.has(index)).map(({ type, name }) => key(type, name)));
    let progress = false;
    for (const one of left) {
      const { index, type, name, references } = one;
      const before = rows.get(key(type, name)) ?? null;
      // What refers to an object that is itself wrong is not to blame for it.
      const blamed = (kind: string, called: string) => failed.has(key(kind, called)) && !rows.has(key(kind, called));
      const blocked = references.some((reference) => blamed(reference.kind, reference.name));
      try {
        if (mistaken.has(index) || blocked) {
          const found = await valueProblems(tx, one, before, may, manner.judge);
          const excused = new Set(references.filter((one) => blamed(one.kind, one.name)).map(({ path }) => path));
          throw new Problems(found.filter(({ path }) => !excused.has(path)));
        }
        const done = await inSavepoint(tx, (inner) => applyOne(inner, one, before, may, manner));
        progress ||= done.outcome !== 'UNCHANGED';
        outcomes.push({ index, kind: type, ...done });
      } catch (error) {
        if (!(error instanceof Problems)) throw error;
        again.push(one);
        failed.add(key(type, name));
        problems.push(...error.all.map((problem) => ({ index, kind: type, name, ...problem })));
      }
    }
    left = again;
    if (!progress || !problems.some(({ error }) => error instanceof Conflict)) break;
  }
  return { outcomes, problems };
}

/** Applies manifests. Throws NotApplied, and DryRun when it would have gone well but was only asked. */
export async function applyAll(tx: Writer, asked: Asked, may: Permissions): Promise<Outcome[]> {
  const reads = asked.manifests.map(readManifest);
  const wanted = reads.flatMap(({ wanted: one }) => one ?? []);
  const repeated = duplicates(reads);
  const wrong: Located[] = [
    ...reads.flatMap(({ type, name, wrong: mistakes }, index) =>
      mistakes.map((error) => ({ index, kind: type, name, path: error.field, error })),
    ),
    ...repeated,
  ];
  const rows = await findExisting(tx, wanted, may);
  const again = new Set(repeated.map(({ index }) => index));
  const distinct = wanted.filter(({ index }) => !again.has(index));
  const mistaken = new Set(wrong.map(({ index }) => index!));
  const { outcomes, problems } = await rounds(tx, distinct, rows, mistaken, may, asked);
  const found = [...wrong, ...problems].sort((a, b) => (a.index ?? 0) - (b.index ?? 0));
  if (found.length > 0) throw new NotApplied(found);
  outcomes.sort((a, b) => a.index! - b.index!);
  if (asked.set !== undefined) {
    const kept = await keepSet(tx, asked.set, outcomes, asked.prune, may);
    if (kept.problems.length > 0) throw new NotApplied(kept.problems);
    const named = ({ kind, row }: { kind: string; row: Row }) => key(kind, String(row['name']));
    for (const { kind, row } of kept.pruned.toSorted((a, b) => (named(a) < named(b) ? -1 : 1)))
      outcomes.push({ index: null, kind, row, outcome: 'PRUNED', changes: [] });
  }
  if (asked.dryRun) throw new DryRun(outcomes);
  return outcomes;
}
