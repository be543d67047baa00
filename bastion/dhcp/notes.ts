// What labd says of its site, kept for when labd is away: for DHCP, and for how machines boot that another's DHCP sends here.
import { join } from 'node:path';
import { seal, unseal } from '../../common/sealed.ts';
import { diskTroubleIn } from '../state/diskTrouble.ts';
import { makeFolder, readIfSound, writeWhole } from '../state/files.ts';
import type { LabdSite } from './selection.ts';

export interface SiteNotes {
  /** The tag of what labd said last */
  readonly known: string | undefined;
  /** Those that boot otherwise than others */
  readonly boots: LabdSite['boots'];
  serve(site: LabdSite): Promise<void>;
}

/** The folder of a bastion's own that has what DHCP is to remember. */
export const dhcpFolder = (dir: string): string => join(dir, 'dhcp');

/**
 * Reads what labd said last. What was kept and is damaged is told, since without labd nobody would know what is not served;
 * so is what cannot be kept, which counts until the bastion ends.
 */
export async function noteSite(
  dir: string,
  warn: (message: string) => void,
): Promise<SiteNotes & { site: () => LabdSite | undefined }> {
  const kept = join(dhcpFolder(dir), 'site.json');
  const notKept = (error: unknown) =>
    warn(
      `What labd says of its site is not kept for when it is away. ${(diskTroubleIn(dir, error) ?? (error as Error)).message}`,
    );
  // Without the folder, on a disk that takes nothing, all else goes on: this bastion may have reports to send.
  await makeFolder(dhcpFolder(dir), 0o700).catch(notKept);
  const text = await readIfSound(kept);
  let site = text === null ? undefined : unseal<{ site: LabdSite }>(text, { bare: false })?.site;
  if (text !== null && site === undefined)
    warn(
      `${kept} is damaged: until labd answers, this bastion serves no DHCP, and machines that boot otherwise boot as all others do. If the disk fails, put the directory on another one: --dir DIR or BASTION_DIR`,
    );
  return {
    site: () => site,
    get known() {
      return site?.tag;
    },
    get boots() {
      return site?.boots ?? [];
    },
    async serve(told) {
      site = told;
      await makeFolder(dhcpFolder(dir), 0o700)
        .then(() => writeWhole(kept, seal({ site: told })))
        .catch(notKept);
    },
  };
}
