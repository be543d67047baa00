// The graph at an earlier revision: the tables as they were, searched, ordered and joined in memory by the same
// conditions that the database is asked with.
import { isEverything, testOf, type Where } from '../../server/domain/where.ts';
import { filterInSlices, sortInSlices } from '../../server/domain/slices.ts';
import { head, type Head } from '../../server/store/changes.ts';
import { formatCursor } from '../../server/store/cursor.ts';
import { catalog, type Kind, type KindName } from '../catalog.ts';
import type { Delegate, Earlier, Find, Log, Row } from '../base/rows.ts';
import type { Context } from '../base/context.ts';
import { resources } from '../kinds/index.ts';
import { visible } from '../lists/listArguments.ts';
import { relation } from '../rows/models.ts';
import { byOrder, idsIn, modelsIn } from '../rows/inMemory.ts';
import { demandKept } from '../base/contextAt.ts';
import { Allowance, loadTable, type Rows, type Table } from './loadTable.ts';

type Moment = 'then' | 'now';

/** One revision, as one operation looks at it. */
export class Past implements Earlier {
  readonly revision: string;
  readonly rev: bigint;
  readonly log: Log;
  readonly allowance: Allowance;
  readonly #context: Context;
  readonly #loading = new Map<string, Promise<Table>>();
  readonly #tables = new Map<string, Table>();
  readonly #seen = new Map<string, Promise<Rows>>();
  readonly #visible = new Map<string, Rows>();
  readonly #indexes = new Map<string, Map<unknown, Row[]>>();

  /** `other` is another that the same operation looks at, if there is one. */
  constructor(context: Context, now: Head, rev: bigint, other: Past | undefined) {
    this.#context = context;
    this.allowance = other?.allowance ?? new Allowance(() => context.beforeReading());
    this.rev = rev;
    this.log = { client: context.database.prisma, read: (work) => context.database.read(work) };
    this.revision = formatCursor({ logId: now.logId, rev });
  }

  /** The rows of a model then that meet a condition, in order, whether or not the caller may see them. */
  async find<R>(model: string, { where, orderBy = [] }: Pick<Find, 'where' | 'orderBy'>): Promise<R[]> {
    const rows = await filterInSlices((await this.#load(model)).then.values(), testOf(where));
    return (await sortInSlices(rows, byOrder(orderBy))) as R[];
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
      for (const model of models) if (model in catalog) await this.#see(model as KindName);
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
          demandKept(this.revision, await head(client));
          const table = await loadTable(client, model, this.rev, this.allowance);
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

  /** Makes a test of a condition, at a moment, of tables that are there. */
  #test(model: string, where: Where, moment: Moment): (row: Row) => boolean {
    return testOf<Row>(where, (name, condition) => {
      const edge = relation(model, name);
      if (!edge) return undefined;
      const far = this.#tables.get(edge.to)![moment];
      const isMet = this.#test(edge.to, edge.many ? (condition as { some: Where }).some : (condition as Where), moment);
      if (!edge.many) {
        return (row) => {
          const one = far.get(row[edge.key] as string);
          return one !== undefined && isMet(one);
        };
      }
      const ends = this.#indexed(`${edge.to} ${edge.key} ${moment}`, edge.key, far);
      return (row) => ends.get(row.id)?.some(isMet) ?? false;
    });
  }

  /**
   * The rows of a kind that the caller may see. An object must have been in a place that the caller may see then, and must
   * be in one now, or have been in one when it was deleted: looking back shows nobody more than today's permissions do. A
   * part is seen when its whole is.
   */
  async #look(kind: KindName): Promise<Rows> {
    const { then, now, last } = this.#tables.get(kind)!;
    const where = visible(this.#context, resources[kind]);
    if (isEverything(where)) return then;
    const { partOf } = catalog[kind] as Kind;
    const { key } = resources[kind].access;
    const wholes = partOf && key ? await this.#see(partOf as KindName) : undefined;
    const [wasMet, isMet] = [this.#test(kind, where, 'then'), this.#test(kind, where, 'now')];
    const isVisible = (row: Row): boolean => {
      if (!wasMet(row)) return false;
      const today = now.get(row.id);
      if (today && !isMet(today)) return false;
      if (wholes) return wholes.has(row[key!] as string);
      const gone = last.get(row.id);
      return !gone || wasMet(gone);
    };
    return new Map((await filterInSlices(then.values(), isVisible)).map((row) => [row.id, row]));
  }

  /** Looks once at what the caller may see of a kind whose table is there. */
  async #see(kind: KindName): Promise<Rows> {
    let seen = this.#seen.get(kind);
    if (!seen) {
      seen = this.#look(kind);
      this.#seen.set(kind, seen);
    }
    const rows = await seen;
    this.#visible.set(kind, rows);
    return rows;
  }

  async #matching(kind: KindName, where: Where): Promise<Row[]> {
    const seen = this.#visible.get(kind)!;
    const ids = idsIn(where);
    const rows = ids ? [...new Set(ids)].flatMap((id) => seen.get(id) ?? []) : seen.values();
    return filterInSlices(rows, this.#test(kind, where, 'then'));
  }

  /** Rows by the value of a column: a join need not go through the table for each row. */
  #indexed(name: string, column: string, rows: Rows): ReadonlyMap<unknown, readonly Row[]> {
    let index = this.#indexes.get(name);
    if (!index) {
      index = new Map();
      for (const row of rows.values()) {
        const found = index.get(row[column]);
        if (found) found.push(row);
        else index.set(row[column], [row]);
      }
      this.#indexes.set(name, index);
    }
    return index;
  }

  async #find(kind: KindName, find: Find): Promise<Row[]> {
    const first = await sortInSlices(await this.#matching(kind, find.where), byOrder(find.orderBy ?? []), find.take);
    return first.map(this.#shaper(kind, find.select));
  }

  /** Gives a row the rows that it leads to. It makes copies, because callers write into them. */
  #shaper(kind: KindName, select: Record<string, unknown> = {}): (row: Row) => Row {
    const edges = Object.keys(select).flatMap((name) => {
      const edge = relation(kind, name);
      if (!edge) return [];
      const to = edge.to as KindName;
      const { where, orderBy = [], take, select: below } = select[name] as Find;
      const ends = this.#indexed(`${to} ${edge.key}`, edge.key, this.#visible.get(to)!);
      const [isMet, order, shape] = [this.#test(to, where, 'then'), byOrder(orderBy), this.#shaper(to, below)];
      const rowsOf = ({ id }: Row) => (ends.get(id) ?? []).filter(isMet).toSorted(order).slice(0, take).map(shape);
      return [{ name, rowsOf }];
    });
    return (row) => {
      const copy: Row = { ...row };
      for (const { name, rowsOf } of edges) copy[name] = rowsOf(row);
      return copy;
    };
  }
}
