// What labd says of its site, kept for when labd is away: for DHCP, and for how machines boot that another's DHCP sends here.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { seal, unseal } from '../../common/sealed.ts';
import { readIfThere, writeWhole } from '../state/files.ts';
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

/** Reads what labd said last. What cannot be kept is told, and counts until the bastion ends. */
export async function noteSite(
  dir: string,
  warn: (message: string) => void,
): Promise<SiteNotes & { site: () => LabdSite | undefined }> {
  await mkdir(dhcpFolder(dir), { recursive: true, mode: 0o700 });
  const kept = join(dhcpFolder(dir), 'site.json');
  let site = unseal<{ site: LabdSite }>((await readIfThere(kept)) ?? '')?.site;
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
      await writeWhole(kept, seal({ site: told })).catch((error: unknown) =>
        warn(`What labd says of its site is not kept for when it is away. ${(error as Error).message}`),
      );
    },
  };
}
