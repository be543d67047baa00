// OS profiles: the systems that can be installed, by name.
import { InvalidInput } from '../../errors.ts';

/** How a system is installed unattended. */
export interface Profile {
  readonly installer: 'kickstart' | 'preseed';
  /** For people */
  readonly title: string;
}

export const profiles: Readonly<Record<string, Profile>> = {
  'fedora-43': { installer: 'kickstart', title: 'Fedora 43' },
  'fedora-42': { installer: 'kickstart', title: 'Fedora 42' },
  'debian-13': { installer: 'preseed', title: 'Debian 13' },
  'debian-12': { installer: 'preseed', title: 'Debian 12' },
};

/** A profile's name as it is kept. Throws InvalidInput, naming those there are. */
export function checkProfile(field: string, text: string): string {
  const name = text.trim().toLowerCase();
  if (Object.hasOwn(profiles, name)) return name;
  const names = Object.keys(profiles).join(', ');
  throw new InvalidInput(field, `There is no OS profile "${text.slice(0, 80)}".`, `Choose one of ${names}.`);
}
