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

const keyOf = ({ cloud, environment }: Location): string => `${cloud} ${environment}`;

/** The places of rows, each once, as a table that a statement calls o. */
function placesOf(rows: readonly Location[]): Prisma.Sql {
  const places = [...new Map(rows.map((row) => [keyOf(row), row])).values()];
  const clouds = places.map(({ cloud }) => cloud);
  const environments = places.map(({ environment }) => environment);
  return Prisma.sql`unnest(${clouds}::text[], ${environments}::text[]) AS o(cloud, environment)`;
}

function finding<T extends object>(found: readonly Found<T>[]): Find<T> {
  const byPlace = new Map<string, T[]>();
  for (const row of found) {
    const key = keyOf({ cloud: row.ofCloud, environment: row.ofEnvironment });
    const own = byPlace.get(key);
    if (own) own.push(row);
    else byPlace.set(key, [row]);
  }
  return (row) => byPlace.get(keyOf(row)) ?? [];
}

/** The profiles that serve the places of bastions: their own, and those that come with labd. */
export async function profilesFor(client: Reader, bastions: readonly Location[], { visible, take }: Wanted) {
  const found = await client.$queryRaw<Found<ServingProfile>[]>`
    SELECT o.cloud AS "ofCloud", o.environment AS "ofEnvironment", l.* FROM ${placesOf(bastions)} CROSS JOIN LATERAL (
      SELECT t.id, t.name, t.cloud, t.environment, t.mirror, t.sums, t.files FROM profile t
       WHERE (t.cloud = o.cloud AND t.environment = o.environment
              OR t.cloud = ${SHIPPED.cloud} AND t.environment = ${SHIPPED.environment})
         AND NOT t.withdrawn AND ${sqlOf(visible, columns)}
       ORDER BY t.name LIMIT ${take}) l
     ORDER BY l.name`;
  return finding(found);
}

/** The bastions of the places that profiles serve: of one that comes with labd, all. */
export async function bastionsFor(client: Reader, profiles: readonly Location[], { visible, take }: Wanted) {
  const own = profiles.filter((profile) => !isShipped({ ...profile }));
  const isSeen = Prisma.sql`t.revoked_at IS NULL AND ${sqlOf(visible, columns)}`;
  const first = Prisma.sql`ORDER BY t.name LIMIT ${take}`;
  const read = Prisma.sql`t.id, t.name, t.cloud, t.environment, t.files_held AS "filesHeld", t.files_told_at AS "filesToldAt"`;
  const everywhere = Prisma.sql`${SHIPPED.cloud}::text AS "ofCloud", ${SHIPPED.environment}::text AS "ofEnvironment"`;
  const found = await client.$queryRaw<Found<ServedBastion>[]>`
    SELECT * FROM (
      (SELECT ${everywhere}, ${read} FROM bastion t WHERE ${own.length < profiles.length} AND ${isSeen} ${first})
      UNION ALL
      SELECT o.cloud, o.environment, l.* FROM ${placesOf(own)} CROSS JOIN LATERAL (
        SELECT ${read} FROM bastion t WHERE t.cloud = o.cloud AND t.environment = o.environment AND ${isSeen} ${first}) l
    ) found ORDER BY found.name`;
  return finding(found);
}
