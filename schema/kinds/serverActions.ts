// What may be done with a server's life, as callers see it.
import { openErrands } from '../../server/domain/fleet/installs/errands.ts';
import { allowedActions, type Status } from '../../common/install/transitions.ts';
import { type Deed, deeds } from '../../server/domain/inventory/lifecycle.ts';
import { matches } from '../../server/domain/where.ts';
import { placesFor } from '../permissions/scope.ts';
import { builder } from '../base/builder.ts';
import type { Context } from '../base/context.ts';
import { batched, computedField, idsOf } from '../fields/computed.ts';

/** What each does, for descriptions. */
export const meanings: Readonly<Record<Deed, string>> = {
  provision: 'Installs a system on it: opens an install attempt and asks the bastion that holds it.',
  reprovision: 'Installs it anew. What is on its disk is lost.',
  abort:
    'Fails the install that is open, at once: its bastion is told, and not waited for. The disk is not what it was.',
  adopt: 'Takes it as installed: it runs a system that somebody else installed.',
  cancel:
    'Cancels the install that is open. It is what it was before if no disk was touched yet, else FAILED. A wipe or a shell that is open ends too, and leaves the status alone.',
  reset: 'Takes it as merely seen, after an install that failed.',
  retire: 'Takes it out of service; it is kept for its history.',
  restore: 'Takes it back into service, as merely seen.',
};

const ServerAction = builder.enumType('ServerAction', {
  description: "What people may do with a server's life. Which of it, its status says.",
  values: {
    ...Object.fromEntries(
      Object.entries(meanings).map(([value, description]) => [value.toUpperCase(), { value, description }]),
    ),
    FORGET: { value: 'forget', description: 'Forgets it: its bastion is told to drop it, and its record is deleted.' },
  } as Record<Uppercase<Deed | 'forget'>, { value: Deed | 'forget'; description: string }>,
});

interface Judged {
  id: string;
  status: Status;
  locked: boolean;
  name: string;
  cloud: string;
  environment: string;
  bastionId: string | null;
}

/** `Server.allowedActions`: what its status allows, as far as the caller may do it where its row says that it is. */
export const allowedActionsField = computedField({
  type: [ServerAction],
  description:
    'What you may do with its life now: what its status allows, or a wipe or a shell that is open, and your permissions. Nothing while it is locked, and at a revision.',
  columns: ['id', 'status', 'locked', 'name', 'cloud', 'environment', 'bastionId'],
  now: batched(async (servers: readonly Judged[], { caller, database }: Context) => {
    const busy = await openErrands(database.prisma, idsOf(servers));
    return (server: Judged): (Deed | 'forget')[] => {
      if (server.locked) return [];
      const may = (action: 'apply' | 'destroy') => matches(placesFor(caller.scope, action, 'Server'), { ...server });
      const allowed = allowedActions(server.status, busy.has(server.id)) as Deed[];
      const permitted = allowed.filter((deed) => may(deeds[deed].permission));
      return may('destroy') ? [...permitted, 'forget'] : permitted;
    };
  }),
  then: [],
  hidden: () => [],
});
