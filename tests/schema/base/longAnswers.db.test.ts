// The longest answers that limits let through: others have the event loop meanwhile, and the statements stay as many.
import { expect, test } from 'vitest';
import { openGraph } from '../../support/graph.ts';
import { fill } from '../fleet.ts';

const query = `query ($first: Int!) { servers(first: $first) { nodes {
  bastion { servers(first: 1000) { nodes { id name status labels cloud environment bootMac } } } } } }`;

interface Answer {
  servers: { nodes: { bastion: { servers: { nodes: { name: string }[] } } }[] };
}

/** The longest that others waited for the loop while something was done, milliseconds. */
async function longestHold(work: () => Promise<unknown>): Promise<number> {
  let longest = 0;
  let over = false;
  let last = performance.now();
  const see = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  };
  const look = () => {
    see();
    if (!over) setImmediate(look);
  };
  setImmediate(look);
  await work();
  over = true;
  see();
  return longest;
}

const middle = (numbers: number[]): number => numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)]!;

test('Eighty times a thousand servers take the statements of twice a thousand, and hold the loop for a few times as long', async () => {
  const { db, data } = await openGraph({ calm: true });
  await fill(db, 1_000);
  const ask = async (first: number) => {
    db.clear();
    let answer: Answer | undefined;
    const held = await longestHold(async () => (answer = (await data(query, { variables: { first } })) as Answer));
    const pages = answer!.servers.nodes.map(({ bastion }) => bastion.servers.nodes);
    return { held, pages, statements: db.statements.length };
  };
  const times: { few: number; many: number }[] = [];
  for (let n = 0; n < 5; n++) {
    const [few, many] = [await ask(2), await ask(80)];
    expect(many.statements).toBe(few.statements);
    expect(many.pages).toHaveLength(80);
    expect(few.pages[0]).toHaveLength(1000);
    for (const page of many.pages) expect(page).toEqual(few.pages[0]);
    times.push({ few: few.held, many: many.held });
  }
  // In one go it would be for forty times as long, less what is the same for both.
  expect(middle(times.map(({ many }) => many)) / middle(times.map(({ few }) => few))).toBeLessThan(15);
});
