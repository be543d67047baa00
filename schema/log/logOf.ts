// The change log as fields of objects read it, at the moment that is asked about.
import type { Reader } from '../../server/store/changes.ts';
import type { Moment } from '../base/context.ts';
import type { Log } from '../base/rows.ts';

/** The log, and the revision up to which it is to be read: null for all of it. Nothing else can be read through it. */
export function logOf(here: Moment): Log & { readonly upTo: bigint | null } {
  if (here.past) return { ...here.past.log, upTo: here.past.rev };
  const { database } = here;
  return {
    client: database.prisma,
    read: <T>(work: (client: Reader) => Promise<T>) => database.read(work),
    upTo: null,
  };
}
