// Somebody else, who asks labd an ordinary query while it is under attack: how long they wait is the measure of what an
// attack costs, always as a ratio to what they wait without it.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, expect } from 'vitest';
import { post } from '../server/http/toy.ts';

/** What they ask: what a table of servers needs. */
export const usual =
  '{ servers { nodes { name status labels nics { nodes { mac network { name } } } bastion { name } } } }';

/** How much longer an ordinary query may take beside an attack than without it. */
const MOST = 10;

/** How often what seems to take longer is measured. */
const ROUNDS = 3;

/** Where labd is, and who asks. */
export interface Asked {
  readonly url: string;
  readonly headers: Record<string, string>;
}

export interface Bystander {
  /**
   * Attacks for as long as they take for so many queries, at least once: these take less than ten times as long as
   * ever. What they take without it is measured before and after, since the machine may have become busy with other
   * things; and what takes too long is measured again, since only labd makes it long each time.
   */
  beside(attack: () => Promise<unknown>, queries?: number): Promise<void>;
  leave(): Promise<void>;
}

/** Has somebody ask on a thread of their own: what they wait for is labd, not whoever attacks it. */
export async function startBystander({ url, headers }: Asked): Promise<Bystander> {
  const worker = new Worker(new URL('asker.mjs', import.meta.url), { workerData: { url, headers, query: usual } });
  /** Milliseconds that the usual query takes, the middle of so many. */
  const latency = async (queries: number) => {
    worker.postMessage(queries);
    const [took] = (await once(worker, 'message')) as [number[]];
    return took.sort((a, b) => a - b)[queries >> 1]!;
  };
  // The first answers of a labd take longer than all others.
  await latency(20);
  /** How many times as long so many queries take beside the attack. */
  const slowdown = async (attack: () => Promise<unknown>, queries: number) => {
    const before = await latency(queries);
    let asking = true;
    const meanwhile = latency(queries).finally(() => (asking = false));
    try {
      do await attack();
      while (asking);
    } finally {
      await meanwhile;
    }
    return (await meanwhile) / Math.max(before, await latency(queries));
  };
  return {
    async beside(attack, queries = 100) {
      const measured: number[] = [];
      do measured.push(await slowdown(attack, queries));
      while (measured.at(-1)! >= MOST && measured.length < ROUNDS);
      expect(Math.min(...measured), `times as long: ${measured.join(', ')}`).toBeLessThan(MOST);
    },
    leave: async () => void (await worker.terminate()),
  };
}

/** Fifty servers, so that the usual query has something to answer. */
export async function createMachines({ url, headers }: Asked): Promise<void> {
  const machines = Array.from(
    { length: 50 },
    (_, n) => `m${n}: createServer(input: { mac: "98:00:00:00:00:${10 + n}" }) { __typename }`,
  );
  const { body } = await post(url, `mutation { ${machines.join(' ')} }`, { headers });
  expect(Object.values(body.data!)).toEqual(machines.map(() => ({ __typename: 'Server' })));
}

/** A bystander for all tests of a file, at the labd that `asked` says once it has started, with fifty servers. */
export function shareBystander(asked: () => Asked): Pick<Bystander, 'beside'> {
  const place: { bystander?: Bystander } = {};
  beforeAll(async () => {
    await createMachines(asked());
    place.bystander = await startBystander(asked());
  }, 60_000);
  afterAll(() => place.bystander?.leave());
  return { beside: (attack, queries) => place.bystander!.beside(attack, queries) };
}
