// Asks labd again and again what DHCP is to serve, and hands on what has changed.
import { BastionSiteDocument, type BastionSiteQuery } from '../generated/documents.ts';
import { OperationFailed, type Connection } from './connection.ts';
import type { UplinkContext } from './context.ts';

/** Who serves what labd says. */
export interface SiteServer {
  /** The tag of what labd said last */
  readonly known: string | undefined;
  serve(site: NonNullable<BastionSiteQuery['bastionSite']>): Promise<void>;
}

/** Ends by throwing, when the connection does. */
export async function followSite(
  { timings, sleep, log }: Pick<UplinkContext, 'timings' | 'sleep' | 'log'>,
  on: Connection,
  bastion: string,
  server: SiteServer,
): Promise<never> {
  let said = '';
  for (;;) {
    try {
      const { known } = server;
      const { bastionSite } = await on.request(BastionSiteDocument, {
        bastion,
        ...(known === undefined ? {} : { known }),
      });
      if (bastionSite) await server.serve(bastionSite);
    } catch (error) {
      // An older labd does not know the question, and what is served already goes on.
      if (!(error instanceof OperationFailed)) throw error;
      if (said !== error.message) log.warn({ reason: error.message }, 'labd does not say what DHCP is to serve');
      said = error.message;
    }
    await sleep(timings.site);
  }
}
