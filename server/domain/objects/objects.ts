// Creating, changing and deleting objects of any kind: what they share. A kind says how its input becomes a row.
import type { Place } from '../../../common/place.ts';
import type { Writer } from '../../store/types.ts';
import { Conflict, InvalidInput, NotFound } from '../errors.ts';
import { followSubject, type Subject } from '../ledger/conditions.ts';
import { allOf } from '../where.ts';
import { followWhole, type Part } from './parts.ts';
import { setSteps } from './partSets.ts';
import { demandColumns, type InputRules } from './readInput.ts';
import { meant, mostNamed, severalMeant, type Ways } from './reference.ts';
import type { Input, Permissions, Row } from './types.ts';
import { table } from './tables.ts';

export type { Input, Permissions, Row };

interface HasId {
  id: string;
}

/** How one kind's objects are made and changed. */
export interface Inventory extends InputRules {
  readonly kind: string;
  /** The word for it in sentences */
  readonly noun: string;
  /** What takes long, done to the input before the transaction. Throws InvalidInput. */
  readonly prepare?: (input: Input) => Promise<Input>;
  /** What the row's unique keys say, in words, when the name is not all there is to it */
  readonly unique?: (row: Record<string, unknown>) => string;
  /** Where an object is that has no place of its own */
  readonly place?: (tx: Writer, row: Record<string, unknown>) => Promise<Place>;
  /** Refuses what the state of things does not allow, before anything is written. Throws Conflict. */
  readonly check?: (
    tx: Writer,
    before: Row | null,
    after: Record<string, unknown> | null,
    may: Permissions,
  ) => Promise<void>;
  /** What is placed where it is */
  readonly parts?: readonly Part[];
  /** Its changes decide what no unique key protects, such as identities and links: they take the head first */
  readonly lockHead?: boolean;
  /** What follows from a change, in the same transaction */
  readonly after?: (tx: Writer, before: Row | null, after: Row | null, asked: Asked) => Promise<void>;
  /** Deletes it instead of the plain deletion */
  readonly remove?: (tx: Writer, row: Row, may: Permissions) => Promise<void>;
}

/** Who asked for a change, and in which words. */
interface Asked {
  readonly input: Input;
  readonly may: Permissions;
}

/** The place that a row has itself. */
export const placeIn = (row: Record<string, unknown>): Place => ({
  cloud: String(row['cloud'] ?? 'default'),
  environment: String(row['environment'] ?? 'default'),
  name: String(row['name']),
});

const placeOf = async (tx: Writer, spec: Inventory, row: Record<string, unknown>): Promise<Place> =>
  spec.place ? spec.place(tx, row) : placeIn(row);

/** Says that a unique key is taken, when that is what an error says. */
function taken(spec: Inventory, error: unknown, data: Record<string, unknown>): never {
  if ((error as { code?: string }).code !== 'P2002') throw error;
  const what = spec.unique?.(data) ?? `"${String(data['name'])}"`;
  throw new Conflict(`There is a ${spec.noun} ${what} already.`, 'Choose another, or look at the one that is there.');
}

const samePlace = (a: Place, b: Place): boolean =>
  a.name === b.name && a.cloud === b.cloud && a.environment === b.environment;

/** Notes what happened to an object: it came, changed or went. */
export function record(tx: Writer, kind: string, place: Place, before: HasId | null, after: HasId | null): void {
  const { cloud, environment, name } = place;
  const operation = before ? (after ? 'UPDATE' : 'DELETE') : 'CREATE';
  tx.record({ kind, id: (after ?? before)!.id, cloud, environment, name, operation, before, after });
}

/** Makes an object. Throws InvalidInput, Conflict when its name is taken, Forbidden. */
export async function createObject(tx: Writer, spec: Inventory, input: Input, may: Permissions): Promise<Row> {
  const data = await demandColumns(spec, { tx, input, before: null, may });
  const place = await placeOf(tx, spec, data);
  may.demand('apply', spec.kind, place);
  await spec.check?.(tx, null, data, may);
  const row = await table(tx.client, spec.kind)
    .create({ data })
    .catch((error: unknown) => taken(spec, error, data));
  record(tx, spec.kind, place, null, row);
  await spec.after?.(tx, null, row, { input, may });
  for (const step of await setSteps(tx, spec.fields, row, input, may)) await step();
  return row;
}

/** The one object that is meant and that the caller may see. Throws NotFound, Conflict when several are meant. */
export async function findObject(
  tx: Writer,
  spec: Inventory,
  { ways, called }: Target,
  may: Permissions,
): Promise<Row> {
  const found = await meant(ways, (way) =>
    table(tx.client, spec.kind).findMany({
      where: allOf(way, may.visible(spec.kind)),
      orderBy: { id: 'asc' },
      take: mostNamed + 1,
    }),
  );
  const [row] = found;
  if (found.length > 1) throw new Conflict(severalMeant(`${spec.noun}s`, called, found), 'Refer to one by name or id.');
  if (row) return row;
  throw new NotFound(`There is no ${spec.noun} ${called}.`, `List the ${spec.noun}s there are, and check the name.`);
}

/** Throws Conflict when the object is no longer at the version that the caller saw. */
export function checkVersion(spec: Inventory, row: Row, ifVersion: number | null | undefined): void {
  if (ifVersion == null || BigInt(ifVersion) === row.version) return;
  throw new Conflict(
    `${spec.noun} "${String(row['name'] ?? row.id)}" was changed meanwhile: it is at version ${row.version}, not ${ifVersion}.`,
    'Read it again, and repeat the change on what you find.',
  );
}

export interface Target {
  /** What the reference may mean */
  readonly ways: Ways;
  /** The reference as the caller wrote it, for messages */
  readonly called: string;
  readonly ifVersion?: number | null | undefined;
}

/** A value as a text that is the same for what means the same. */
export const comparable = (value: unknown): unknown =>
  JSON.stringify(value instanceof Date ? value.toISOString() : value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );

/** Whether columns are to become what they are not yet; who set them last does not count. */
const differs = (before: Row, data: Record<string, unknown>): boolean =>
  Object.keys(data).some((column) => column !== 'managers' && comparable(before[column]) !== comparable(data[column]));

/** Changes an object: only the fields given; what is so already is no change. Throws NotFound, Conflict, InvalidInput, Forbidden. */
export async function updateObject(
  tx: Writer,
  spec: Inventory,
  target: Target,
  input: Input,
  may: Permissions,
): Promise<Row> {
  const before = await findObject(tx, spec, target, may);
  checkVersion(spec, before, target.ifVersion);
  if (Object.values(input).every((value) => value === undefined)) {
    throw new InvalidInput('input', 'Nothing is to be changed.', 'Give at least one field.');
  }
  const data = await demandColumns(spec, { tx, input, before, may });
  const [from, to] = [await placeOf(tx, spec, before), await placeOf(tx, spec, { ...before, ...data })];
  may.demand('apply', spec.kind, { ...from, id: before.id });
  may.demand('apply', spec.kind, { ...to, id: before.id });
  const steps = await setSteps(tx, spec.fields, before, input, may);
  // A set that changes is a change of the whole, too: whoever follows that hears of it.
  if (!differs(before, data) && steps.length === 0) return before;
  await spec.check?.(tx, before, { ...before, ...data }, may);
  const guarded = { id: before.id, version: before.version };
  const { count } = await table(tx.client, spec.kind)
    .updateMany({ where: guarded, data: { ...data, version: { increment: 1 } } })
    .catch((error: unknown) => taken(spec, error, { ...before, ...data }));
  if (count === 0) {
    throw new Conflict(
      `${spec.noun} ${target.called} was changed at the same moment.`,
      'Read it again and repeat the change.',
    );
  }
  const after = (await table(tx.client, spec.kind).findFirst({ where: { id: before.id } }))!;
  record(tx, spec.kind, to, before, after);
  if (!samePlace(from, to)) {
    await followSubject(tx.client, { kind: spec.kind, id: after.id } as Subject, to);
    await followWhole(tx, spec.parts ?? [], after.id, { from, to });
  }
  for (const step of steps) await step();
  if (!spec.after && steps.length === 0) return after;
  await spec.after?.(tx, before, after, { input, may });
  // What follows may have touched it again.
  return (await table(tx.client, spec.kind).findFirst({ where: { id: before.id } }))!;
}

/** Deletes an object and returns it as it was. Throws NotFound, Conflict, Forbidden. */
export async function deleteObject(tx: Writer, spec: Inventory, target: Target, may: Permissions): Promise<Row> {
  const before = await findObject(tx, spec, target, may);
  checkVersion(spec, before, target.ifVersion);
  const place = await placeOf(tx, spec, before);
  may.demand('destroy', spec.kind, { ...place, id: before.id });
  await spec.check?.(tx, before, null, may);
  if (spec.remove) {
    await spec.remove(tx, before, may);
    return before;
  }
  const { count } = await table(tx.client, spec.kind).deleteMany({ where: { id: before.id, version: before.version } });
  if (count === 0) {
    throw new Conflict(
      `${spec.noun} ${target.called} was changed at the same moment.`,
      'Read it again and repeat the deletion.',
    );
  }
  record(tx, spec.kind, place, before, null);
  await spec.after?.(tx, before, null, { input: {}, may });
  return before;
}
