// The profiles that come with labd.
import type { Profile } from '../../../../common/install/plan.ts';
import { BLANK } from '../contract/profiles.ts';

const profile = (
  name: string,
  title: string,
  installer: Profile['installer'],
  more: Partial<Profile> = {},
): Profile => ({
  ...BLANK,
  name,
  title,
  installer,
  ...more,
});

/** All of them. labd makes and updates them when it starts. */
export const shippedProfiles = (): readonly Profile[] => [
  profile('fedora-43', 'Fedora 43', 'kickstart'),
  profile('fedora-42', 'Fedora 42', 'kickstart', { endOfLife: true }),
  profile('debian-13', 'Debian 13', 'preseed'),
  profile('debian-12', 'Debian 12', 'preseed'),
];
