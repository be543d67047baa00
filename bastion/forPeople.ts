// What people ask a bastion: installs, what machines said, the files that it installs from, and discs.
import { fileRoutes, type FileRoutes } from './api/fileRoutes.ts';
import { installRoutes } from './api/installRoutes.ts';
import { isoRoute, type Reach } from './api/isoRoute.ts';
import { logRoutes } from './api/logRoutes.ts';
import type { DemandPerson } from './api/people.ts';
import type { Route } from './api/route.ts';
import { ipxeFolders } from './dhcp/bootFiles.ts';
import type { Files } from './files/files.ts';
import type { Attempts } from './install/attempts.ts';
import type { Logs } from './logs/logs.ts';
import type { Installs } from './standalone/installs.ts';

export interface ForPeople {
  readonly dir: string;
  readonly attempts: Attempts;
  readonly files: Files;
  readonly ramdisk: FileRoutes['ramdisk'];
  readonly logs: Logs;
  readonly reach: Reach;
  readonly installs: Installs;
  readonly standalone: boolean;
}

/** The routes, for whoever `demand` lets through. */
export function routesForPeople(forPeople: ForPeople, demand: DemandPerson): Route[] {
  const { dir, attempts, files, ramdisk, logs, reach, installs, standalone } = forPeople;
  const hashesInUse = async () => {
    const plans = attempts.open().flatMap(({ plan }) => plan?.profile ?? []);
    const trees = await Promise.all(plans.map((profile) => files.filesOf(profile)));
    return trees.flatMap((tree) => Object.values(tree.files).map(({ sha256 }) => sha256));
  };
  return [
    ...installRoutes({ installs, standalone, demand }),
    ...logRoutes(logs, demand),
    ...fileRoutes({ files, ramdisk, hashesInUse, demand }),
    isoRoute({ dir, files, binaries: ipxeFolders(dir), reach, demand }),
  ];
}
