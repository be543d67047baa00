// Reads a table as it was at an earlier revision and as it is, a page at a time: thousands of rows in one answer would hold
// the event loop while they are taken apart.
import { InvalidInput } from '../../server/domain/errors.ts';
import { createTurns } from '../../server/domain/turns.ts';
import { rowsChangedSince } from '../../server/store/earlier.ts';
import { catalog, type Kind } from '../catalog.ts';
import type { Row } from '../base/rows.ts';
import { revived } from '../rows/models.ts';
import { type Client, modelOf } from '../rows/tables.ts';

export type Rows = ReadonlyMap<string, Row>;

/** A table at two moments. */
export interface Table {
  readonly then: Rows;
  readonly now: Rows;
  /** The last rows of what has gone since */
  readonly last: Rows;
}

/** The most rows of one table that are held in memory to look back. */
const MOST = 50_000;
/** The most rows, of all tables at all revisions together, that one operation may hold in labd's memory. */
const MOST_IN_ALL = 200_000;
/** Rows that are read at a time: some ten milliseconds of work for labd. */
const PAGE = 1_000;

/** The limits of one operation's looks back, at however many revisions: one connection at a time, and a bounded memory. */
export class Allowance {
  readonly turns = createTurns(1);
  readonly #beforeReading: () => void;
  #held = 0;

  /** `beforeReading` throws once the operation has been stopped. */
  constructor(beforeReading: () => void) {
    this.#beforeReading = beforeReading;
  }

  /** Counts rows that are held until the operation ends. Throws InvalidInput when they are too many, and once it was stopped. */
  take(rows: number): void {
    this.#beforeReading();
    this.#held += rows;
    if (this.#held <= MOST_IN_ALL) return;
    throw new InvalidInput(
      'at',
      `This looks back at more than ${MOST_IN_ALL.toLocaleString('en')} rows at once.`,
      'Ask for one revision at a time, or select less below it.',
    );
  }
}

/** Reads all rows of a table, by the pages that follow an id. Throws InvalidInput when they are too many. */
async function readPages<R extends { id: string }>(
  model: string,
  allowance: Allowance,
  pageAfter: (id: string | undefined) => Promise<R[]>,
  keep: (row: R) => void,
): Promise<void> {
  let last: string | undefined;
  for (let read = 0; ;) {
    const page = await pageAfter(last);
    allowance.take(page.length);
    read += page.length;
    if (read > MOST) {
      const what = (catalog as Record<string, Kind>)[model]?.plural ?? 'rows';
      throw new InvalidInput(
        'at',
        `There are more than ${MOST.toLocaleString('en')} ${what}, too many to look back at all of them at once.`,
        'Ask for the history of one object, or select less below it.',
      );
    }
    page.forEach(keep);
    if (page.length < PAGE) return;
    last = page.at(-1)!.id;
  }
}

/** A table and its later changes, in the transaction of `client`. Throws InvalidInput when it is too large. */
export async function loadTable(client: Client, model: string, rev: bigint, allowance: Allowance): Promise<Table> {
  const [now, then, last] = [new Map<string, Row>(), new Map<string, Row>(), new Map<string, Row>()];
  await readPages(
    model,
    allowance,
    (id) =>
      modelOf(client, model).findMany({
        where: id === undefined ? {} : { id: { gt: id } },
        orderBy: [{ id: 'asc' }],
        take: PAGE,
      }),
    (row) => {
      now.set(row.id, row);
      then.set(row.id, row);
    },
  );
  await readPages(
    model,
    allowance,
    (id) => rowsChangedSince(client, model, rev, { after: id, most: PAGE }),
    (change) => {
      if (change.then) then.set(change.id, revived(model, change.then));
      else then.delete(change.id);
      if (change.last) last.set(change.id, revived(model, change.last));
    },
  );
  return { then, now, last };
}
