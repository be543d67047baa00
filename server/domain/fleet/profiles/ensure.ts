// labd's own profiles in the database: made when it starts, brought up to date, and marked once labd has them no more.
import type { Profile } from '../../../../common/install/plan.ts';
import type { Profile as ProfileRow } from '../../../store/generated/client.ts';
import type { Database, Writer } from '../../../store/types.ts';
import { comparable, placeIn, record } from '../../objects/objects.ts';
import { isShipped, keptSums, shapes, SHIPPED } from '../contract/profiles.ts';
import { shippedProfiles } from '../../../../common/install/profiles/shipped.ts';

const origin = { actor: 'labd', action: 'ensureProfiles', requestId: '', address: '' };

/** A profile's parts as their columns have them. */
const columnsOf = (profile: Profile): Record<string, unknown> => ({
  ...Object.fromEntries(Object.keys(shapes).map((part) => [part, profile[part as 'title']])),
  sums: keptSums(profile.sums),
  withdrawn: false,
});

const differs = (row: Readonly<Record<string, unknown>>, data: Readonly<Record<string, unknown>>): boolean =>
  Object.keys(data).some((column) => comparable(row[column]) !== comparable(data[column]));

async function ensureOne(
  tx: Writer,
  name: string,
  before: ProfileRow | undefined,
  data: Record<string, unknown>,
): Promise<void> {
  const { profile } = tx.client;
  if (before && !differs({ ...before }, data)) return;
  const changed = { ...data, version: { increment: 1 } };
  const after = before
    ? await profile.update({ where: { id: before.id }, data: changed })
    : await profile.create({ data: { name, ...SHIPPED, ...data } as never });
  record(tx, 'Profile', placeIn({ ...after }), before ?? null, after);
}

/**
 * Makes them, or brings them up to date; of several labds that start at once, one does. Answers with the names that
 * people gave to profiles of their own before labd had one: theirs stay as they are.
 */
export async function ensureProfiles(db: Database, profiles = shippedProfiles()): Promise<readonly string[]> {
  const work = async (tx: Writer) => {
    const names = profiles.map(({ name }) => name);
    const there = await tx.client.profile.findMany({ where: { OR: [{ name: { in: names } }, SHIPPED] } });
    const taken = there.filter((row) => !isShipped(row)).map(({ name }) => name);
    const own = new Map(there.filter(isShipped).map((row) => [row.name, row]));
    for (const profile of profiles)
      if (!taken.includes(profile.name)) await ensureOne(tx, profile.name, own.get(profile.name), columnsOf(profile));
    for (const [name, row] of own) if (!names.includes(name)) await ensureOne(tx, name, row, { withdrawn: true });
    return taken;
  };
  return (await db.write(origin, work, { lockHead: true })).value;
}
