// Loads the servers that this bastion holds from labd, which is authoritative; the bastion only caches them.
import { HeldServersDocument, type HeldServersQuery } from '../generated/documents.ts';
import type { Held } from '../state/machines.ts';
import type { Connection } from './connection.ts';

/** All of them, page by page. */
export async function loadServers(connection: Connection, name: string): Promise<Held[]> {
  const held: Held[] = [];
  for (let after: string | null = null; ;) {
    const answer: HeldServersQuery = await connection.request(HeldServersDocument, { name, after });
    const page: Page | undefined = answer.bastion?.servers;
    for (const { bootMac, id, name: called, status, hostname, ip, os, role } of page?.nodes ?? []) {
      const decided = Object.fromEntries(
        Object.entries({ hostname, ip, os, role }).filter(([, value]) => value !== null),
      );
      held.push({ mac: bootMac, id, name: called, status, ...decided });
    }
    if (!page?.pageInfo.hasNextPage) return held;
    after = page.pageInfo.endCursor;
  }
}

/**
 * Loads once at a time, since one that was asked earlier and answered later would take back what the other says. Whoever asks
 * during one gets the next, which all of them share: what labd answers now may be from before they were told to ask.
 */
export function oneAtATime(load: () => Promise<void>): () => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  return () =>
    (next ??= last =
      last
        .catch(() => {})
        .then(() => {
          next = undefined;
          return load();
        }));
}

type Page = NonNullable<HeldServersQuery['bastion']>['servers'];
