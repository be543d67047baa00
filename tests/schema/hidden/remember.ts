// What the change log of the partly hidden world says: how everything came to be, and what came from or went to a place
// that is hidden, with every text that it had there.
import { randomUUID } from 'node:crypto';
import { catalog, type Kind, type KindName } from '../../../schema/catalog.ts';
import { resourceOf } from '../../../schema/lists/registry.ts';
import { PLACE } from '../../../server/domain/objects/parts.ts';
import type { Recorded } from '../../../server/store/types.ts';
import type { TestDatabase } from '../../support/database.ts';
import { OPEN, type World } from './world.ts';

type Row = Record<string, unknown> & { id: string };
interface Place {
  name: string;
  cloud: string;
  environment: string;
}

/** A row, where its changes are filed, and what says so in a row of the log. */
interface Placed {
  row: Row;
  place: Place;
  own: object;
}

const rowsOf = ({ prisma }: TestDatabase, kind: string) =>
  (prisma as unknown as Record<string, { findMany(query: object): Promise<Row[]> }>)[
    kind.charAt(0).toLowerCase() + kind.slice(1)
  ]!.findMany({ orderBy: { id: 'asc' } });

const kinds = Object.keys(catalog) as KindName[];
const origin = (actor: string) => ({ actor, action: 'sample', requestId: 'r', address: '127.0.0.1' });
const creation = (kind: string, row: Row, place: Place, id = row.id): Recorded => ({
  ...{ kind, id, operation: 'CREATE', before: null, after: { ...row, id } },
  ...{ name: place.name, cloud: place.cloud, environment: place.environment },
});

/** The rows of a kind, each with the place that its changes are filed under: its own, or that of what it is a part of. */
async function placed(db: TestDatabase, kind: KindName): Promise<Placed[]> {
  const { key } = resourceOf(kind).access;
  const rows = await rowsOf(db, kind);
  if (key === undefined) return rows.map((row) => ({ row, place: row as unknown as Place, own: {} }));
  const wholes = new Map((await rowsOf(db, (catalog[kind] as Kind).partOf!)).map((one) => [one.id, one]));
  return rows.map((row) => {
    const { name, cloud, environment } = wholes.get(row[key] as string) as unknown as Place;
    return { row, place: { name, cloud, environment }, own: { [PLACE]: { name, cloud, environment } } };
  });
}

/** The same object at another place, with all that it is there. */
const move = (kind: string, id: string, from: Placed, to: Placed): Recorded => ({
  ...creation(kind, to.row, to.place, id),
  operation: 'UPDATE',
  before: { ...from.row, ...from.own, id },
  after: { ...to.row, ...to.own, id },
});

/**
 * Logs that every object came to be, of each kind one that is seen as one that was hidden, and one more, which is gone, as
 * one that was seen. Returns the moves that followed.
 */
async function recordCreations(db: TestDatabase): Promise<Recorded[]> {
  const moves: Recorded[] = [];
  for (const kind of kinds) {
    const all = await placed(db, kind);
    const seen = all.findLast(({ place }) => place.environment === OPEN);
    const hidden = all.find(({ place }) => place.environment !== OPEN);
    if (!seen || !hidden) throw new Error(`The world needs a ${kind} that is seen, and one that is hidden`);
    const gone = randomUUID();
    await db.write(origin('user/sample'), ({ record }) => {
      for (const one of all)
        record(
          one === seen ? creation(kind, hidden.row, hidden.place, seen.row.id) : creation(kind, one.row, one.place),
        );
      record(creation(kind, seen.row, seen.place, gone));
      return Promise.resolve();
    });
    moves.push(move(kind, seen.row.id, hidden, seen), move(kind, gone, seen, hidden));
    const { place } = hidden;
    moves.push({
      ...creation(kind, hidden.row, place, gone),
      operation: 'DELETE',
      before: { ...hidden.row, id: gone },
      after: null,
    });
  }
  return moves;
}

/** Logs that every object changed, in nothing. */
export async function recordAll(db: TestDatabase): Promise<void> {
  for (const kind of kinds) {
    const all = await placed(db, kind);
    await db.write(origin('user/sample'), ({ record }) => {
      for (const { row, place } of all) record({ ...creation(kind, row, place), operation: 'UPDATE', before: row });
      return Promise.resolve();
    });
  }
}

/** Logs that every condition began, below what it is about. */
async function recordConditions(db: TestDatabase): Promise<void> {
  const conditions = await rowsOf(db, 'Condition');
  await db.write(origin('labd'), ({ record }) => {
    for (const row of conditions)
      record(creation('Condition', row, { ...(row as unknown as Place), name: row['subjectName'] as string }));
    return Promise.resolve();
  });
}

/** Logs all of it. Returns a revision at which all had come to be, and nothing had moved. */
export async function remember(db: TestDatabase, { server, hidden }: World): Promise<bigint> {
  const moves = await recordCreations(db);
  await recordConditions(db);
  const { rev } = await db.prisma.head.findFirstOrThrow();
  await db.write(origin('user/sample'), ({ record }) => {
    for (const move of moves) record(move);
    return Promise.resolve();
  });
  // What is hidden changes the one that is seen, as a bastion does that holds it.
  const { name } = await db.prisma.bastion.findUniqueOrThrow({ where: { id: hidden.bastion.id } });
  for (const what of ['bastion', 'agent', 'token'])
    await db.write(origin(`${what}/${name}`), async ({ client, record }) => {
      const before = await client.server.findUniqueOrThrow({ where: { id: server.id } });
      const data = { cpuCores: { increment: 1 }, version: { increment: 1 } };
      const after = await client.server.update({ where: { id: server.id }, data });
      record({ ...creation('Server', after, after), operation: 'UPDATE', before });
    });
  return rev;
}
