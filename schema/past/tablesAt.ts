// The graph at an earlier revision: the tables as they were, searched, ordered and joined in memory by the same
// conditions that the database is asked with.
import { InvalidInput } from '../../server/domain/errors.ts';
import { matches, type Where } from '../../server/domain/where.ts';
import { createTurns } from '../../server/domain/turns.ts';
import { head, type Head } from '../../server/store/changes.ts';
import { formatCursor } from '../../server/store/cursor.ts';
import { rowsChangedSince } from '../../server/store/earlier.ts';
import { catalog, type Kind, type KindName } from '../catalog.ts';
import type { Delegate, Earlier, Find, Log, Row } from '../base/rows.ts';
import type { Context } from '../base/context.ts';
import { resources } from '../kinds/index.ts';
import { visible } from '../lists/listArguments.ts';
import { relation, revived } from '../rows/models.ts';
import { modelOf } from '../rows/tables.ts';
import { byOrder, idsIn, modelsIn } from '../rows/inMemory.ts';
import { demandKept } from '../base/contextAt.ts';

type Rows = ReadonlyMap<string, Row>;

/** A table at two moments. */
interface Table {
  readonly then: Rows;
  readonly now: Rows;
  /** The last rows of what has gone since */
  readonly last: Rows;
}

type Moment = 'then' | 'now';

/** The most rows of one table that are held in memory to look back. */
const MOST = 50_000;
/** The most rows, of all tables at all revisions together, that one operation may hold in labd's memory. */
const MOST_IN_ALL = 200_000;

function demandFew(rows: readonly unknown[], model: string): void {
  if (rows.length <= MOST) return;
  const what = (catalog as Record<string, Kind>)[model]?.plural ?? 'rows';
  throw new InvalidInput(
    'at',
    `There are more than ${MOST.toLocaleString('en')} ${what}, too many to look back at all of them at once.`,
    'Ask for the history of one object, or select less below it.',
  );
}

/** The limits of one operation's looks back, at however many revisions: one connection at a time, and a bounded memory. */
class Allowance {
  readonly turns = createTurns(1);
  #held = 0;

  /** Counts rows that are held until the operation ends. Throws InvalidInput when they are too many. */
  take(rows: number): void {
    this.#held += rows;
    if (this.#held <= MOST_IN_ALL) return;
    throw new InvalidInput(
      'at',
      `This looks back at more than ${MOST_IN_ALL.toLocaleString('en')} rows at once.`,
      'Ask for one revision at a time, or select less below it.',
    );
  }
}

/** One revision, as one operation looks at it. */
export class Past implements Earlier {
  readonly revision: string;
  readonly rev: bigint;
  readonly log: Log;
  readonly allowance: Allowance;
  readonly #context: Context;
  readonly #loading = new Map<string, Promise<Table>>();
  readonly #tables = new Map<string, Table>();
  readonly #seen = new Map<string, Rows>();
  readonly #indexes = new Map<string, Map<unknown, Row[]>>();

  /** `other` is another that the same operation looks at, if there is one. */
  constructor(context: Context, now: Head, rev: bigint, other: Past | undefined) {
    this.#context = context;
    this.allowance = other?.allowance ?? new Allowance();
    this.rev = rev;
    this.log = { client: context.database.prisma, read: (work) => context.database.read(work) };
    this.revision = formatCursor({ logId: now.logId, rev });
  }

  /** All rows of a model then, whether or not the caller may see them. */
  async all(model: string): Promise<Rows> {
    return (await this.#load(model)).then;
  }

  /** The rows of a model then that meet a condition, in order, whether or not the caller may see them. */
  async find<R>(model: string, { where, orderBy = [] }: Pick<Find, 'where' | 'orderBy'>): Promise<R[]> {
    const rows = [...(await this.all(model)).values()].filter((row) => matches(where, row));
    return rows.toSorted(byOrder(orderBy)) as R[];
  }

  /** A kind's table then, as the caller may see it. */
  delegate(kind: KindName): Delegate {
    const ready = async (find: { where?: Where; select?: Record<string, unknown> }) => {
      this.#context.beforeReading();
      const models = modelsIn(kind, find, new Set());
      for (const model of [...models]) {
        const { partOf } = (catalog as Record<string, Kind>)[model] ?? {};
        if (partOf) models.add(partOf);
      }
      for (const model of models) await this.#load(model);
    };
    const matching = async (where: Where) => {
      await ready({ where });
      return this.#matching(kind, where);
    };
    return {
      findMany: async (find) => {
        await ready(find);
        return this.#find(kind, find);
      },
      count: async (where) => (await matching(where)).length,
      countBy: async (column, where) => {
        const counts = new Map<string, number>();
        for (const row of await matching(where)) {
          const value = row[column] as string;
          counts.set(value, (counts.get(value) ?? 0) + 1);
        }
        return counts;
      },
    };
  }

  /** Reads a table and its later changes in one transaction. Tables may be read one after another: the past is constant. */
  #load(model: string): Promise<Table> {
    let loading = this.#loading.get(model);
    if (!loading) {
      const read = () =>
        this.#context.database.read(async (client) => {
          this.#context.beforeReading();
          demandKept(this.revision, await head(client));
          const stored = await modelOf(client, model).findMany({ take: MOST + 1 });
          demandFew(stored, model);
          this.allowance.take(stored.length);
          const now = new Map(stored.map((row) => [row.id, row]));
          const then = new Map(now);
          const last = new Map<string, Row>();
          const changes = await rowsChangedSince(client, model, this.rev, MOST + 1);
          demandFew(changes, model);
          this.allowance.take(changes.length);
          for (const change of changes) {
            if (change.then) then.set(change.id, revived(model, change.then));
            else then.delete(change.id);
            if (change.last) last.set(change.id, revived(model, change.last));
          }
          const table = { then, now, last };
          this.#tables.set(model, table);
          return table;
        });
      loading = this.allowance.turns(() => {
        this.allowance.take(0);
        return read();
      });
      this.#loading.set(model, loading);
    }
    return loading;
  }

  #meets(model: string, where: Where, row: Row, moment: Moment): boolean {
    return Object.entries(where).every(([key, condition]) => {
      if (key === 'AND') return (condition as Where[]).every((one) => this.#meets(model, one, row, moment));
      if (key === 'OR') return (condition as Where[]).some((one) => this.#meets(model, one, row, moment));
      if (key === 'NOT') return !this.#meets(model, condition as Where, row, moment);
      const edge = relation(model, key);
      if (!edge) return matches({ [key]: condition }, row);
      const far = this.#tables.get(edge.to)![moment];
      if (edge.many) {
        const { some } = condition as { some: Where };
        return [...far.values()].some((one) => one[edge.key] === row.id && this.#meets(edge.to, some, one, moment));
      }
      const one = far.get(row[edge.key] as string);
      return one !== undefined && this.#meets(edge.to, condition as Where, one, moment);
    });
  }

  /**
   * The rows of a kind that the caller may see. An object must have been in a place that the caller may see then, and must
   * be in one now, or have been in one when it was deleted: looking back shows nobody more than today's permissions do. A
   * part is seen when its whole is.
   */
  #visible(kind: KindName): Rows {
    let seen = this.#seen.get(kind);
    if (!seen) {
      const { then, now, last } = this.#tables.get(kind)!;
      const where = visible(this.#context, resources[kind]);
      const whole = (catalog[kind] as Kind).partOf as KindName | undefined;
      const { key } = resources[kind].access;
      const isVisible = (row: Row): boolean => {
        if (!this.#meets(kind, where, row, 'then')) return false;
        const today = now.get(row.id);
        if (today && !this.#meets(kind, where, today, 'now')) return false;
        if (whole && key) return this.#visible(whole).has(row[key] as string);
        const gone = last.get(row.id);
        return !gone || this.#meets(kind, where, gone, 'then');
      };
      seen = Object.keys(where).length === 0 ? then : new Map([...then].filter(([, row]) => isVisible(row)));
      this.#seen.set(kind, seen);
    }
    return seen;
  }

  #matching(kind: KindName, where: Where): Row[] {
    const seen = this.#visible(kind);
    const ids = idsIn(where);
    const rows = ids ? [...new Set(ids)].flatMap((id) => seen.get(id) ?? []) : [...seen.values()];
    return rows.filter((row) => this.#meets(kind, where, row, 'then'));
  }

  /** The rows of a kind with a value in a column, by an index: a join need not go through the table for each row. */
  #under(kind: KindName, column: string, value: unknown): readonly Row[] {
    const name = `${kind} ${column}`;
    let index = this.#indexes.get(name);
    if (!index) {
      index = new Map();
      for (const row of this.#visible(kind).values()) {
        const rows = index.get(row[column]);
        if (rows) rows.push(row);
        else index.set(row[column], [row]);
      }
      this.#indexes.set(name, index);
    }
    return index.get(value) ?? [];
  }

  #find(kind: KindName, find: Find): Row[] {
    return this.#shaped(kind, this.#matching(kind, find.where), find);
  }

  /** Rows in order, at most `take`, with the rows that they lead to. Each is a copy, because callers write into them. */
  #shaped(kind: KindName, rows: readonly Row[], { select = {}, orderBy = [], take }: Omit<Find, 'where'>): Row[] {
    const edges = Object.keys(select).flatMap((name) => {
      const edge = relation(kind, name);
      return edge ? [{ name, edge, below: select[name] as Find }] : [];
    });
    return rows
      .toSorted(byOrder(orderBy))
      .slice(0, take)
      .map((row) => {
        const copy: Row = { ...row };
        for (const { name, edge, below } of edges) {
          const to = edge.to as KindName;
          const related = this.#under(to, edge.key, row.id).filter((one) => this.#meets(to, below.where, one, 'then'));
          copy[name] = this.#shaped(to, related, below);
        }
        return copy;
      });
  }
}
