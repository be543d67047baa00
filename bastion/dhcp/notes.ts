// What labd says of its site, at a bastion that serves no DHCP: how machines boot that another's DHCP sends here.
import type { LabdSite } from './selection.ts';

export interface SiteNotes {
  /** The tag of what labd said last */
  readonly known: string | undefined;
  /** Those that boot otherwise than others */
  readonly boots: LabdSite['boots'];
  serve(site: LabdSite): Promise<void>;
}

export function noteSite(): SiteNotes {
  let site: LabdSite | undefined;
  return {
    get known() {
      return site?.tag;
    },
    get boots() {
      return site?.boots ?? [];
    },
    async serve(told) {
      site = told;
    },
  };
}
