// Which profiles serve the machines of a place, and which bastions the place of a profile has: for all places that are asked
// about at once, in one statement.
import { Prisma, type Bastion, type Profile } from '../../../store/generated/client.ts';
import type { Reader } from '../../../store/changes.ts';
import type { Location } from '../../../../common/place.ts';
import type { Where } from '../../where.ts';
import { type Columns, sqlOf } from '../../whereSql.ts';
import { isShipped, SHIPPED } from '../contract/profiles.ts';
import type { Holder } from './files.ts';

/** Which of them may be seen, and how many of each place are wanted, by name. */
export interface Wanted {
  readonly visible: Where;
  readonly take: number;
}

export type ServingProfile = Pick<Profile, 'id' | 'name' | 'cloud' | 'environment' | 'mirror' | 'sums' | 'files'>;
export type ServedBastion = Pick<Bastion, 'id' | 'cloud' | 'environment'> & Holder;

/** Finds what a row's place has. */
type Find<T> = (row: Location) => readonly T[];
type Found<T> = T & { ofCloud: string; ofEnvironment: string };

/** What permissions are about, of a table that a statement calls t. */
const columns: Columns = {
  id: Prisma.raw('t.id::text'),
  name: Prisma.raw('t.name'),
  cloud: Prisma.raw('t.cloud'),
  environment: Prisma.raw('t.environment'),
};

/** Stands for all places: no cloud has an empty name. */
const EVERYWHERE: Location = { cloud: '', environment: '' };

const keyOf = ({ cloud, environment }: Location): string => `${cloud} ${environment}`;

/** The places of rows, each once, as a table that a statement calls o. */
function placesOf(rows: readonly Location[]): Prisma.Sql {
  const places = [...new Map(rows.map((row) => [keyOf(row), row])).values()];
  const clouds = places.map(({ cloud }) => cloud);
  const environments = places.map(({ environment }) => environment);
  return Prisma.sql`unnest(${clouds}::text[], ${environments}::text[]) AS o(cloud, environment)`;
}

interface Asked extends Wanted {
  readonly table: 'profile' | 'bastion';
  /** The columns that are read, of a table that the statement calls t */
  readonly read: Prisma.Sql;
  readonly isListed: Prisma.Sql;
  readonly places: readonly Location[];
  /** What is listed for all places beside those of each, if anything is */
  readonly everywhere: Prisma.Sql;
}

/** Reads what each place has, the first so many by name, and what there is for all places, once. */
async function readPlaced<T extends object>(client: Reader, asked: Asked): Promise<readonly Found<T>[]> {
  const { read, places, everywhere, visible, take } = asked;
  const table = Prisma.raw(asked.table);
  const isSeen = Prisma.sql`${asked.isListed} AND ${sqlOf(visible, columns)}`;
  const first = Prisma.sql`ORDER BY t.name LIMIT ${take}`;
  return client.$queryRaw<Found<T>[]>`
    SELECT * FROM (
      (SELECT ${EVERYWHERE.cloud}::text AS "ofCloud", ${EVERYWHERE.environment}::text AS "ofEnvironment", ${read}
         FROM ${table} t WHERE ${everywhere} AND ${isSeen} ${first})
      UNION ALL
      SELECT o.cloud, o.environment, l.* FROM ${placesOf(places)} CROSS JOIN LATERAL (
        SELECT ${read} FROM ${table} t WHERE t.cloud = o.cloud AND t.environment = o.environment AND ${isSeen} ${first}) l
    ) found ORDER BY found.name`;
}

/** What is found of a place, in the order of the statement. */
function finding<T>(found: readonly Found<T>[]): (place: Location) => readonly T[] {
  const byPlace = new Map<string, T[]>();
  for (const row of found) {
    const key = keyOf({ cloud: row.ofCloud, environment: row.ofEnvironment });
    const own = byPlace.get(key);
    if (own) own.push(row);
    else byPlace.set(key, [row]);
  }
  return (place) => byPlace.get(keyOf(place)) ?? [];
}

/** The profiles that serve the places of bastions: their own, and those that come with labd, which are read once. */
export async function profilesFor(
  client: Reader,
  bastions: readonly Location[],
  wanted: Wanted,
): Promise<Find<ServingProfile>> {
  const found = await readPlaced<ServingProfile>(client, {
    ...wanted,
    table: 'profile',
    read: Prisma.sql`t.id, t.name, t.cloud, t.environment, t.mirror, t.sums, t.files`,
    isListed: Prisma.sql`NOT t.withdrawn`,
    places: bastions,
    everywhere: Prisma.sql`t.cloud = ${SHIPPED.cloud} AND t.environment = ${SHIPPED.environment}`,
  });
  const order = new Map(found.map((row, position) => [row.id, position]));
  const find = finding(found);
  const shipped = find(EVERYWHERE);
  return (bastion) =>
    [...find(bastion), ...shipped].toSorted((a, b) => order.get(a.id)! - order.get(b.id)!).slice(0, wanted.take);
}

/** The bastions of the places that profiles serve: of one that comes with labd, all. */
export async function bastionsFor(
  client: Reader,
  profiles: readonly Location[],
  wanted: Wanted,
): Promise<Find<ServedBastion>> {
  const own = profiles.filter((profile) => !isShipped({ ...profile }));
  const find = finding(
    await readPlaced<ServedBastion>(client, {
      ...wanted,
      table: 'bastion',
      read: Prisma.sql`t.id, t.name, t.cloud, t.environment, t.files_held AS "filesHeld", t.files_told_at AS "filesToldAt"`,
      isListed: Prisma.sql`t.revoked_at IS NULL`,
      places: own,
      everywhere: Prisma.sql`${own.length < profiles.length}`,
    }),
  );
  return (profile) => find(isShipped({ ...profile }) ? EVERYWHERE : profile);
}
