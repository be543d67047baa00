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

/** Where labd is, or a bastion, and who asks what there. */
export interface Asked {
  readonly url: string;
  readonly headers: Record<string, string>;
  /** What is posted; the usual query where nothing is said */
  readonly body?: string;
}

export interface Bystander {
  /**
   * Attacks for as long as they take for so many queries, at least once: these take less than ten times as long as
   * ever, by the quickest that was seen. Where they do not, the machine may have become busy with other things: what
   * they take without the attack is measured, and then both again, since only who is attacked makes it long each time.
   */
  beside(attack: () => Promise<unknown>, queries?: number): Promise<void>;
  leave(): Promise<void>;
}

/** Has somebody ask on a thread of their own: what they wait for is who is attacked, not whoever attacks. */
export async function startBystander({
  url,
  headers,
  body = JSON.stringify({ query: usual }),
}: Asked): Promise<Bystander> {
  const worker = new Worker(new URL('asker.mjs', import.meta.url), { workerData: { url, headers, body } });
  /** Milliseconds that the usual query takes, the middle of so many. */
  const latency = async (queries: number) => {
    worker.postMessage(queries);
    const [took] = (await once(worker, 'message')) as [number[]];
    return took.sort((a, b) => a - b)[queries >> 1]!;
  };
  // The first answers of a labd take longer than all others.
  await latency(20);
  let least = await latency(20);
  /** How many times as long so many queries take beside the attack. */
  const slowdown = async (attack: () => Promise<unknown>, queries: number) => {
    let asking = true;
    const meanwhile = latency(queries).finally(() => (asking = false));
    try {
      do await attack();
      while (asking);
    } finally {
      await meanwhile;
    }
    const took = await meanwhile;
    const usually = took < least * MOST ? least : Math.max(least, await latency(queries));
    least = Math.min(least, took);
    return took / usually;
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

/** A bystander for all tests of a file, at what `asked` says once that has started: a labd, which gets fifty servers. */
export function shareBystander(
  asked: () => Asked,
  prepare: (asked: Asked) => Promise<void> = createMachines,
): Pick<Bystander, 'beside'> {
  const place: { bystander?: Bystander } = {};
  beforeAll(async () => {
    await prepare(asked());
    place.bystander = await startBystander(asked());
  }, 60_000);
  afterAll(() => place.bystander?.leave());
  return { beside: (attack, queries) => place.bystander!.beside(attack, queries) };
}

/** A machine that reports itself to a bastion, for all tests of a file, once that has started. */
export const shareReporter = (bastion: () => string): Pick<Bystander, 'beside'> =>
  shareBystander(
    () => ({
      url: `${bastion()}/api/discover`,
      headers: {},
      body: JSON.stringify({ mac: '02:00:00:00:ff:ff', product: 'ACME' }),
    }),
    async () => {},
  );
