// A unit of work: rows are loaded, changed in memory and written at once, each with its row in the change log. However
// many objects change, it takes the same few statements. It may do the work of several callers: each change is that of
// whoever caused it, and a row that two of them change has two changes.
import { isDeepStrictEqual } from 'node:util';
import type { Place } from '../../../common/place.ts';
import type { Origin, Writer } from '../../store/types.ts';
import type { Rows } from '../../store/generated/columns.ts';
import { ledgerKinds, type RowKind } from './columns.ts';
import { retryError, lock, retryIfLost, remove, upsert } from './sql.ts';

/** What the ledger itself fills in. */
type Kept = 'id' | 'version' | 'createdAt' | 'updatedAt';

interface Entry {
  before: Row | null;
  after: Row | null;
  touched: boolean;
  /** Who changed it last; undefined for whoever the transaction is of */
  by: Origin | undefined;
  /** What others had made of it before that, in order */
  earlier: readonly Step[];
}

interface Step {
  readonly row: Row;
  readonly by: Origin | undefined;
}

type Row = Rows[RowKind];

/** The object that a row is a part of. */
function wholeOf(row: Row): readonly [RowKind, string | null] {
  if ('vmId' in row) return ['Vm', row.vmId];
  if ('serverId' in row) return ['Server', row.serverId];
  return ['Bastion', (row as Rows['Lease']).bastionId];
}

const unchanged: Pick<Entry, 'touched' | 'by' | 'earlier'> = { touched: false, by: undefined, earlier: [] };

/** Kinds that others write without having taken the head first. */
const CONTENDED = new Set<RowKind>(['Bastion', 'Server', 'ServerNic', 'ClusterMember', 'Vm', 'InstallAttempt']);

export class Ledger {
  readonly now: Date;
  private readonly ids: () => string;
  private readonly entries = new Map<RowKind, Map<string, Entry>>();
  private readonly locks = new Set<string>();
  private by: Origin | undefined;

  constructor(now: Date, ids: () => string) {
    this.now = now;
    this.ids = ids;
  }

  /** Says who causes what is changed from now on; undefined for whoever the transaction is of. */
  onBehalfOf(origin: Origin | undefined): void {
    this.by = origin;
  }

  /** Who changed a row last. */
  changedBy(kind: RowKind, id: string): Origin | undefined {
    return this.of(kind).get(id)?.by;
  }

  /** Takes rows as they are in the database; what is there already stays. */
  load<K extends RowKind>(kind: K, rows: readonly Rows[K][]): readonly Rows[K][] {
    const entries = this.of(kind);
    for (const row of rows) if (!entries.has(row.id)) entries.set(row.id, { before: row, after: row, ...unchanged });
    return rows;
  }

  /** The row as it is now; undefined when it is not loaded or was removed. */
  get<K extends RowKind>(kind: K, id: string): Rows[K] | undefined {
    return (this.of(kind).get(id)?.after ?? undefined) as Rows[K] | undefined;
  }

  /** All rows of a kind as they are now. */
  all<K extends RowKind>(kind: K): Rows[K][] {
    return [...this.of(kind).values()].flatMap(({ after }) => (after === null ? [] : [after as Rows[K]]));
  }

  /** Makes a row; what began before now says when. */
  create<K extends RowKind>(kind: K, fields: Omit<Rows[K], Kept> & { readonly createdAt?: Date }): Rows[K] {
    const kept = { id: this.ids(), version: 1n };
    const times = kind === 'Condition' ? {} : { createdAt: this.now, updatedAt: this.now };
    const row = { ...times, ...fields, ...kept } as unknown as Rows[K];
    this.of(kind).set(row.id, { before: null, after: row, ...unchanged, touched: true, by: this.by });
    return row;
  }

  /** Sets fields; undefined leaves one as it is. Returns whether anything differs. */
  update<K extends RowKind>(kind: K, id: string, fields: { [F in keyof Rows[K]]?: Rows[K][F] | undefined }): boolean {
    const entry = this.of(kind).get(id);
    if (!entry?.after) throw new Error(`${kind} ${id} is not in the ledger`);
    const row = entry.after as unknown as Record<string, unknown>;
    const different = Object.entries(fields).filter(
      ([field, value]) => value !== undefined && !isDeepStrictEqual(row[field], value),
    );
    if (different.length === 0) return false;
    this.change(entry, { ...row, ...Object.fromEntries(different) } as unknown as Row);
    return true;
  }

  /** Sets fields that are outside the change log: no change, no version. The caller writes them. */
  settle<K extends RowKind>(kind: K, id: string, fields: Partial<Rows[K]>): void {
    const entry = this.of(kind).get(id);
    if (entry?.after) entry.after = { ...entry.after, ...fields };
  }

  /** Counts a row as changed although none of its fields is, because something that belongs to it changed. */
  touch(kind: RowKind, id: string): void {
    const entry = this.of(kind).get(id);
    if (entry?.after) this.change(entry, entry.after);
  }

  remove(kind: RowKind, id: string): void {
    const entries = this.of(kind);
    const entry = entries.get(id);
    if (!entry) return;
    if (entry.before === null) entries.delete(id);
    else this.change(entry, null);
  }

  private change(entry: Entry, after: Row | null): void {
    if (entry.touched && entry.by !== this.by) entry.earlier = [...entry.earlier, { row: entry.after!, by: entry.by }];
    Object.assign(entry, { after, by: this.by, touched: true });
  }

  /** Locks a server that a row outside the ledger refers to, until the transaction ends. */
  lockServer(serverId: string): void {
    this.locks.add(serverId);
  }

  /** Writes everything and records it. Throws `again` when a row is no longer as it was read. */
  async flush(tx: Writer): Promise<void> {
    for (const kind of ledgerKinds) await this.lockChanged(tx, kind);
    for (const kind of ledgerKinds.toReversed()) await this.writeRemoved(tx, kind);
    for (const kind of ledgerKinds) await this.writeChanged(tx, kind);
  }

  private async lockChanged(tx: Writer, kind: RowKind): Promise<void> {
    if (!CONTENDED.has(kind)) return;
    const stored = [...this.of(kind).values()].filter(({ before, after, touched }) => before && (touched || !after));
    const ids = new Set(stored.map(({ before }) => before!.id));
    if (kind === 'Server') for (const id of this.locks) if (this.of('Server').get(id)?.before) ids.add(id);
    if (ids.size > 0) await lock(tx.client, kind, [...ids]);
  }

  private async writeRemoved(tx: Writer, kind: RowKind): Promise<void> {
    const removed = [...this.of(kind).values()].filter(({ before, after }) => before && !after);
    if (removed.length === 0) return;
    const rows = removed.map(({ before }) => before!);
    const count = await remove(
      tx.client,
      kind,
      rows.map(({ id }) => id),
    );
    if (count !== rows.length) throw retryError(`a ${kind} has gone`);
    for (const entry of removed) this.note(tx, kind, entry);
  }

  private async writeChanged(tx: Writer, kind: RowKind): Promise<void> {
    const changed = [...this.of(kind).values()].filter(({ after, touched }) => after && touched);
    if (changed.length === 0) return;
    for (const entry of changed) entry.after = this.numbered(entry, entry.after!, entry.earlier.length);
    // As a rule all rows have one change each, and this is one statement.
    for (const steps of new Set(changed.map(({ earlier }) => earlier.length + 1))) {
      const rows = changed.filter(({ earlier }) => earlier.length + 1 === steps).map(({ after }) => after!);
      const count = await retryIfLost(upsert(tx.client, kind, rows as Rows[typeof kind][], steps));
      if (count !== rows.length) throw retryError(`a ${kind} has changed`);
    }
    for (const entry of changed) this.note(tx, kind, entry);
  }

  /** A row with the version that it has after so many other changes. */
  private numbered({ before }: Entry, row: Row, others: number): Row {
    const times = before && 'updatedAt' in row ? { updatedAt: this.now } : {};
    return { ...row, ...times, version: (before?.version ?? 0n) + BigInt(others) + 1n };
  }

  /** Records the changes of a row, each with who caused it. */
  private note(tx: Writer, kind: RowKind, entry: Entry): void {
    let before = entry.before;
    const earlier = entry.earlier.map(({ row, by }, i) => ({ row: this.numbered(entry, row, i), by }));
    for (const { row: after, by: origin } of [...earlier, { row: entry.after, by: entry.by }]) {
      const place = this.place(kind, (after ?? before)!);
      const operation = before ? (after ? 'UPDATE' : 'DELETE') : 'CREATE';
      tx.record({ kind, id: (after ?? before)!.id, ...place, operation, before, after, origin });
      before = after;
    }
  }

  /** The name, cloud and environment of a row; a part has those of its whole, since permissions are scoped by them. */
  private place(kind: RowKind, row: Row): Place {
    if (kind === 'Condition') {
      const { subjectName, cloud, environment } = row as Rows['Condition'];
      return { name: subjectName, cloud, environment };
    }
    if ('cloud' in row && 'name' in row) return { name: row.name, cloud: row.cloud, environment: row.environment };
    const [parent, id] = wholeOf(row);
    const entry = this.of(parent).get(id ?? '');
    const owner = (entry?.after ?? entry?.before) as Place | null | undefined;
    if (!owner) throw new Error(`The ${parent} of ${kind} ${row.id} is not in the ledger`);
    return { name: owner.name, cloud: owner.cloud, environment: owner.environment };
  }

  private of(kind: RowKind): Map<string, Entry> {
    let entries = this.entries.get(kind);
    if (!entries) this.entries.set(kind, (entries = new Map<string, Entry>()));
    return entries;
  }
}
