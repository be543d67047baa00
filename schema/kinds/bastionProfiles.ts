// What bastions can install: for each bastion and each profile that serves its place, the files that it lacks.
import { commandsFor, missingFor, type MissingFile } from '../../common/install/held.ts';
import type { Profile as InstallProfile } from '../../common/install/plan.ts';
import { isShipped, readEmpty, SHIPPED } from '../../server/domain/fleet/contract/profiles.ts';
import { heldBy, type Holder } from '../../server/domain/fleet/installs/files.ts';
import { allOf } from '../../server/domain/where.ts';
import type { Location } from '../../common/place.ts';
import { builder } from '../base/builder.ts';
import type { Context } from '../base/context.ts';
import { batched, computedField } from '../fields/computed.ts';
import { visible } from '../lists/listArguments.ts';
import { resourceOf } from '../lists/registry.ts';
import { toOne } from '../rows/edges.ts';

type BastionRow = Location & Holder & { id: string };
type ProfileRow = Location & { id: string; name: string; mirror: string; sums: unknown; files: unknown };

interface Pair {
  bastionId: string;
  profileId: string;
  profileName: string;
  missing: MissingFile[] | null;
}

/** At most this many are listed with one object, by name. */
const LISTED = 100;

const Missing = builder.objectRef<MissingFile>('MissingFile').implement({
  description: 'A file that a bastion has to get before it can install a profile.',
  fields: (t) => ({
    use: t.exposeString('use', {
      description:
        'What it is for: `kernel`, `initrd`, `stage2` or `root`, or `ramdisk` for one that the bastion builds.',
    }),
    path: t.exposeString('path', {
      description: "Its path below the profile's mirror; of the ramdisk below the files of the bastion.",
    }),
  }),
});

const BastionProfile = builder.objectRef<Pair>('BastionProfile').implement({
  description: 'Whether a bastion can install a profile. Kept up to date with what the bastion says.',
  fields: (t) => ({
    bastion: t.field(
      toOne('Bastion', {
        relation: 'bastion',
        key: 'bastionId',
        description: 'The bastion; null when you may not see it.',
      }),
    ),
    profile: t.field(
      toOne('Profile', {
        relation: 'profile',
        key: 'profileId',
        description: 'The profile; null when you may not see it.',
      }),
    ),
    ready: t.boolean({
      nullable: true,
      description: 'Whether the bastion has all files that it takes; null when it does not say which it has.',
      resolve: ({ missing }) => missing && missing.length === 0,
    }),
    missing: t.field({
      type: [Missing],
      description: 'What it lacks; nothing of one that does not say what it has.',
      resolve: ({ missing }) => missing ?? [],
    }),
    commands: t.stringList({
      description: 'What to type after `lab` on its machine, to have it get what it lacks.',
      resolve: ({ profileName, missing }) => commandsFor(profileName, missing ?? []),
    }),
  }),
});

/** Makes pairs of rows; what each bastion holds is looked at once. */
function pairing() {
  const known = new Map<string, ReadonlySet<string> | null>();
  return (bastion: BastionRow, { id, name, mirror, sums, files }: ProfileRow): Pair => {
    const held = known.get(bastion.id) ?? heldBy(bastion);
    known.set(bastion.id, held);
    const wants = {
      name,
      mirror,
      sums: readEmpty(sums) as InstallProfile['sums'],
      files: files as InstallProfile['files'],
    };
    return { bastionId: bastion.id, profileId: id, profileName: name, missing: held && missingFor(wants, held) };
  };
}

/** Of a profile that comes with labd: it serves all places. */
const EVERYWHERE = '';

const keyOf = ({ cloud, environment }: Location): string => `${cloud} ${environment}`;

/** Loads once for each of the keys that rows have, one after the other; returns how to find what a row's key has. */
async function loadByKey<R, T>(
  rows: readonly R[],
  keyFor: (row: R) => string,
  load: (row: R) => Promise<T[]>,
): Promise<(row: R) => T[]> {
  const loaded = new Map<string, T[]>();
  for (const row of rows) if (!loaded.has(keyFor(row))) loaded.set(keyFor(row), await load(row));
  return (row) => loaded.get(keyFor(row)) ?? [];
}

/** `profiles` of a bastion: those that serve its place, by one statement for each place that is asked about. */
export const profilesField = computedField({
  type: [BastionProfile],
  description: `The first ${LISTED} profiles, by name, that serve its place, and whether it has their files. None at a revision.`,
  columns: ['id', 'cloud', 'environment', 'filesHeld', 'filesToldAt'],
  now: batched(async (bastions: readonly BastionRow[], here: Context) => {
    const profilesFor = await loadByKey(bastions, keyOf, ({ cloud, environment }) =>
      here.database.prisma.profile.findMany({
        where: allOf(
          { withdrawn: false, OR: [{ ...SHIPPED }, { cloud, environment }] },
          visible(here, resourceOf('Profile')),
        ) as never,
        select: { id: true, name: true, cloud: true, environment: true, mirror: true, sums: true, files: true },
        orderBy: { name: 'asc' },
        take: LISTED,
      }),
    );
    const pairOf = pairing();
    return (bastion: BastionRow): Pair[] => profilesFor(bastion).map((profile) => pairOf(bastion, profile));
  }),
  then: [],
  hidden: () => [],
});

/** `bastions` of a profile: those whose machines it may be installed on. */
export const bastionsField = computedField({
  type: [BastionProfile],
  description: `The first ${LISTED} bastions, by name, whose place it serves, and whether they have its files. None at a revision.`,
  columns: ['id', 'name', 'cloud', 'environment', 'mirror', 'sums', 'files'],
  now: batched(async (profiles: readonly ProfileRow[], here: Context) => {
    const placeOf = (profile: ProfileRow) => (isShipped({ ...profile }) ? EVERYWHERE : keyOf(profile));
    const bastionsFor = await loadByKey(profiles, placeOf, (profile) => {
      const { cloud, environment } = profile;
      const there = placeOf(profile) === EVERYWHERE ? {} : { cloud, environment };
      return here.database.prisma.bastion.findMany({
        where: allOf({ revokedAt: null, ...there }, visible(here, resourceOf('Bastion'))) as never,
        select: { id: true, cloud: true, environment: true, filesHeld: true, filesToldAt: true },
        orderBy: { name: 'asc' },
        take: LISTED,
      });
    });
    const pairOf = pairing();
    return (profile: ProfileRow): Pair[] => bastionsFor(profile).map((bastion) => pairOf(bastion, profile));
  }),
  then: [],
  hidden: () => [],
});
