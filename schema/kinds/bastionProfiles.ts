// What bastions can install: for each bastion and each profile that serves its place, the files that it lacks.
import { commandsFor, missingFor, type MissingFile } from '../../common/install/held.ts';
import type { Profile as InstallProfile } from '../../common/install/plan.ts';
import { readEmpty } from '../../server/domain/fleet/contract/profiles.ts';
import { heldBy } from '../../server/domain/fleet/installs/files.ts';
import {
  bastionsFor,
  profilesFor,
  type ServedBastion,
  type ServingProfile,
} from '../../server/domain/fleet/installs/serving.ts';
import { builder } from '../base/builder.ts';
import type { Context } from '../base/context.ts';
import { sizeAtMost } from '../base/sizes.ts';
import { batched, computedField } from '../fields/computed.ts';
import { visible } from '../lists/listArguments.ts';
import { resourceOf } from '../lists/registry.ts';
import { toOne } from '../rows/edges.ts';

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
  return (bastion: ServedBastion, { id, name, mirror, sums, files }: ServingProfile): Pair => {
    const held = known.get(bastion.id) ?? heldBy(bastion);
    known.set(bastion.id, held);
    const wants = {
      name,
      mirror,
      sums: readEmpty(sums) as InstallProfile['sums'],
      files: files as unknown as InstallProfile['files'],
    };
    return { bastionId: bastion.id, profileId: id, profileName: name, missing: held && missingFor(wants, held) };
  };
}

/** Which objects of a kind are listed. */
const wanted = (here: Context, kind: 'Bastion' | 'Profile') => ({
  visible: visible(here, resourceOf(kind)),
  take: LISTED,
});

/** `profiles` of a bastion: those that serve its place, by one statement for all places that are asked about. */
export const profilesField = computedField({
  type: [BastionProfile],
  description: `The first ${LISTED} profiles, by name, that serve its place, and whether it has their files. None at a revision.`,
  columns: ['id', 'cloud', 'environment', 'filesHeld', 'filesToldAt'],
  sizes: sizeAtMost(LISTED),
  now: batched(async (bastions: readonly ServedBastion[], here: Context) => {
    const find = await profilesFor(here.database.prisma, bastions, wanted(here, 'Profile'));
    const pairOf = pairing();
    return (bastion: ServedBastion): Pair[] => find(bastion).map((profile) => pairOf(bastion, profile));
  }),
  then: [],
  hidden: () => [],
});

/** `bastions` of a profile: those whose machines it may be installed on, by one statement likewise. */
export const bastionsField = computedField({
  type: [BastionProfile],
  description: `The first ${LISTED} bastions, by name, whose place it serves, and whether they have its files. None at a revision.`,
  columns: ['id', 'name', 'cloud', 'environment', 'mirror', 'sums', 'files'],
  sizes: sizeAtMost(LISTED),
  now: batched(async (profiles: readonly ServingProfile[], here: Context) => {
    const find = await bastionsFor(here.database.prisma, profiles, wanted(here, 'Bastion'));
    const pairOf = pairing();
    return (profile: ServingProfile): Pair[] => find(profile).map((bastion) => pairOf(bastion, profile));
  }),
  then: [],
  hidden: () => [],
});
