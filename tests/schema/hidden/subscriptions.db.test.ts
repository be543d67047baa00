// Whatever is followed by whoever sees a little, nothing of what is hidden arrives: of every subscription, from now on and
// after an earlier revision, while all that is hidden changes.
import { setTimeout as sleep } from 'node:timers/promises';
import type { GraphQLError } from 'graphql';
import { expect, test, vi } from 'vitest';
import { schema } from '../../../schema/index.ts';
import { Findings, rootsOf } from './ask.ts';
import { everythingBelow, type Field } from './everything.ts';
import { ADMINISTRATOR, openNarrow, type Narrow, said } from './narrow.ts';
import { recordAll } from './remember.ts';

/** Where the administrator finds no mark either, and why. */
const WITHOUT: Readonly<Record<string, string>> = {
  bastionOrders: 'Orders are for the bastion that they are given to, and for nobody else.',
};

interface Followed {
  readonly who: string;
  readonly field: string;
  readonly document: string;
  /** All that arrived, errors included */
  readonly told: string[];
  end(): Promise<void>;
}

/** The arguments to follow a field with. */
async function argumentsOf({ door, world, unmoved }: Narrow, field: Field): Promise<string[]> {
  const sample = await door.subscription(field.name);
  if (field.name === 'bastionOrders') return [sample, `(bastion: "Bastion:${world.hidden.bastion.id}", epoch: 1)`];
  if (field.name === 'installLog') return [sample];
  return [sample, `(after: "rev:${unmoved}")`];
}

async function follow({ graph, callers }: Narrow, who: string, field: Field, args: string): Promise<Followed> {
  const document = `subscription { answer: ${field.name}${args}${everythingBelow(field, 1)} }`;
  const told: string[] = [];
  const own = { who, field: field.name, document, told };
  const events = await graph.tryFollow(document, { caller: callers[who]! });
  if ('errors' in events) return { ...own, told: [said({ errors: events.errors })], end: () => Promise.resolve() };
  const reading = (async () => {
    for await (const event of events) told.push(said(event));
  })();
  const ended = reading.catch((error: GraphQLError) => void told.push(said({ errors: [error] })));
  return {
    ...own,
    end: async () => {
      await events.return?.();
      await ended;
    },
  };
}

test('no subscription tells of what is hidden', { timeout: 600_000 }, async () => {
  const narrow = await openNarrow();
  const fields = rootsOf(schema.getSubscriptionType());
  const followed: Followed[] = [];
  // A few at a time: each takes a snapshot, and so a connection to the database.
  for (const field of fields)
    for (const args of await argumentsOf(narrow, field))
      for (const who of Object.keys(narrow.callers)) followed.push(await follow(narrow, who, field, args));
  await recordAll(narrow.graph.db);
  const marks = ({ told, document }: Followed) => narrow.marksIn(told.join(' '), document);
  const administrators = followed.filter(({ who, field }) => who === ADMINISTRATOR && !(field in WITHOUT));
  await vi.waitFor(
    () => expect(administrators.filter((one) => marks(one).size === 0).map(({ document }) => document)).toEqual([]),
    { timeout: 60_000, interval: 200 },
  );
  // What the administrator was told, the others would have been told by now, or soon after.
  await sleep(500);
  for (const one of followed) await one.end();
  const findings = new Findings();
  for (const one of followed) findings.note(one.who, one.field, one.document, marks(one));
  findings.expectHidden(WITHOUT);
  // Whoever sees little was told of what it may see: the streams were open.
  const alive = followed.filter(
    ({ who, told }) => who !== ADMINISTRATOR && told.some((one) => !one.startsWith('[null')),
  );
  expect(new Set(alive.map(({ who }) => who))).toEqual(
    new Set(Object.keys(narrow.callers).filter((who) => who !== ADMINISTRATOR && who !== 'who may do nothing')),
  );
});
