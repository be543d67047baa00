// Checks the rendered files of an install before anything serves them: a table of what each installer reads.
import type { Installer, Profile } from './plan.ts';
import { checkAutoinstall } from './checks/autoinstall.ts';
import { checkKickstart } from './checks/kickstart.ts';
import { checkPreseed } from './checks/preseed.ts';
import type { Checker, Problem } from './checks/problem.ts';
import { checkScript } from './checks/script.ts';

/** What is not Fedora's, or does not say its release, is held to the newest that is known. */
const NEWEST = 45;

const checkers: Readonly<Record<Installer, (profile: Profile) => Readonly<Record<string, Checker>>>> = {
  kickstart: (profile) => ({ 'ks.cfg': checkKickstart(releaseOf(profile)) }),
  preseed: () => ({ 'preseed.cfg': checkPreseed }),
  autoinstall: () => ({ 'user-data': checkAutoinstall }),
  image: () => ({}),
  custom: () => ({}),
};

/** All problems, file by file. */
export function checkInstall(profile: Profile, files: Readonly<Record<string, string>>): Problem[] {
  const own = checkers[profile.installer](profile);
  return Object.entries(files).flatMap(([file, text]) => {
    const check = own[file] ?? (file.endsWith('.sh') ? checkScript : undefined);
    return (check?.(text) ?? []).map((found) => ({ file, ...found }));
  });
}

function releaseOf({ name, title, mirror }: Profile): number {
  const said = /fedora[- ](\d+)/i.exec(`${name} ${title}`) ?? /\/releases\/(\d+)\//.exec(mirror);
  return said ? Number(said[1]) : NEWEST;
}
