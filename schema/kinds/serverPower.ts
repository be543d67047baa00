// The last time that a server was to be powered, as callers see it.
import { type LastPower } from '../../server/domain/fleet/power/power.ts';
import { powerActions } from '../../common/power/actions.ts';
import { builder } from '../base/builder.ts';
import { PowerState } from './enums.ts';

const meanings: Readonly<Record<(typeof powerActions)[number], string>> = {
  on: 'Switches its power on.',
  off: 'Takes its power, without asking its system.',
  cycle: 'Starts it again, without asking its system; powers it on if it is off.',
  status: 'Asks whether it is on.',
  netboot: 'Has it boot from the network, once: starts it again, or powers it on.',
};

export const PowerAction = builder.enumType('PowerAction', {
  description: "What is done with a machine's power.",
  values: Object.fromEntries(
    powerActions.map((value) => [value.toUpperCase(), { value, description: meanings[value] }]),
  ) as Record<Uppercase<(typeof powerActions)[number]>, { value: (typeof powerActions)[number]; description: string }>,
});

const PowerOutcome = builder.enumType('PowerOutcome', {
  description: 'What became of an order to power a machine.',
  values: {
    WAITING: { description: 'Nobody has said yet.' },
    DONE: { description: 'The bastion has done it.' },
    FAILED: { description: 'It could not be done, or nobody knows whether it was.' },
    EXPIRED: { description: 'The bastion did not take it in time, and never will.' },
  } as const,
});

export const ServerPower = builder.objectRef<LastPower>('ServerPower').implement({
  description: 'The last time that a server was to be powered, and what came of it.',
  fields: (t) => ({
    order: t.exposeString('order', { description: 'Which time it was: another one every time.' }),
    action: t.field({
      type: PowerAction,
      description: 'What was to be done.',
      resolve: ({ action }) => action.toLowerCase() as (typeof powerActions)[number],
    }),
    at: t.field({ type: 'DateTime', description: 'When it was asked for.', resolve: ({ at }) => new Date(at) }),
    outcome: t.field({
      type: PowerOutcome,
      description: 'What became of it.',
      resolve: ({ outcome }) => outcome,
    }),
    state: t.field({
      type: PowerState,
      description: 'Whether it is on, as was heard when that ended; unknown where nobody heard.',
      resolve: ({ state }) => state,
    }),
    since: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'Since when that is known; null while it is not.',
      resolve: ({ since }) => since && new Date(since),
    }),
    message: t.exposeString('message', { nullable: true, description: 'Why, or what more there is to say.' }),
  }),
});
