// Output whose numbers say nothing: what bastions on copies of one directory numbered alike is kept, and what is sent again is not.
import { expect, test } from 'vitest';
import { randomFrom } from '../../../../../bastion/simulate/random.ts';
import { machine, openFleet, type TestBastion, type TestFleet } from '../fleet.ts';
import { install } from '../installing.ts';

type Item = readonly [first: number, ...lines: string[]];

async function started(more = {}): Promise<TestFleet & { site: TestBastion }> {
  const testFleet = await openFleet(more);
  const site = await testFleet.connect('site');
  await site.report(machine(1));
  return { ...testFleet, site };
}

const kept = async ({ db }: TestFleet) => {
  const lines = await db.prisma.logLine.findMany({ orderBy: { seq: 'asc' } });
  return lines.map(({ seq, line }) => `${seq} ${line}`);
};

const cases: readonly (readonly [name: string, items: readonly Item[], kept: readonly string[]])[] = [
  [
    'the same numbers with other lines',
    [
      [0, 'a', 'b'],
      [0, 'A', 'B', 'C'],
    ],
    ['0 a', '1 b', '2 A', '3 B', '4 C'],
  ],
  [
    'an item of which one line alone is another',
    [
      [0, 'same', 'b'],
      [0, 'same', 'B'],
    ],
    ['0 same', '1 b', '2 same', '3 B'],
  ],
  [
    'an item that begins in the middle of others, and goes on past them',
    [
      [0, 'a', 'b', 'c'],
      [1, 'b', 'X', 'Y', 'Z'],
    ],
    ['0 a', '1 b', '2 c', '3 b', '4 X', '5 Y', '6 Z'],
  ],
  [
    'what was numbered on, sent again',
    [
      [0, 'a', 'b'],
      [0, 'A', 'B'],
      [0, 'A', 'B'],
      [0, 'a', 'b'],
      [0, 'A', 'B', 'C'],
    ],
    ['0 a', '1 b', '2 A', '3 B', '4 C'],
  ],
  [
    'copies that go on in turn, three of them',
    [
      [0, 'a'],
      [0, 'A'],
      [0, 'α'],
      [1, 'b'],
      [1, 'B'],
      [1, 'β'],
      [1, 'B'],
    ],
    ['0 a', '1 A', '2 α', '3 b', '4 B', '5 β'],
  ],
  [
    'a line that only looks like the one labd gave that number',
    [
      [0, 'a'],
      [0, 'A'],
      [1, 'A'],
    ],
    ['0 a', '1 A', '2 A'],
  ],
  [
    'lines for a hole that labd has passed',
    [
      [0, 'a'],
      [5, 'f'],
      [2, 'c', 'd'],
      [2, 'c', 'd'],
    ],
    ['0 a', '5 f', '6 c', '7 d'],
  ],
  [
    'a number as high as there is, and then the ordinary ones',
    [
      [Number.MAX_SAFE_INTEGER - 1, 'a'],
      [0, 'b', 'c'],
      [2, 'd'],
    ],
    ['0 a', '1 b', '2 c', '3 d'],
  ],
];

test.each(cases)('%s, in one batch each', async (_name, items, expected) => {
  const lab = await started();
  const { log } = await install(lab);
  for (const item of items) await lab.site.send(log(...item));
  expect(await kept(lab)).toEqual(expected);
  const count = BigInt(expected.length);
  expect(await lab.db.prisma.installAttempt.findFirst()).toMatchObject({ logTotal: count, logDropped: 0n });
});

test.each(cases)('%s, all in one batch', async (_name, items, expected) => {
  const lab = await started();
  const { log } = await install(lab);
  await lab.site.send(...items.map((item) => log(...item)));
  expect(await kept(lab)).toEqual(expected);
});

test('after the end of an install too', async () => {
  const lab = await started();
  const { log, step, installed } = await install(lab);
  await lab.site.send(log(0, 'a'), step('post', { seq: 1 }), installed);
  const late = step('post', { message: 'hello', seq: 2 });
  for (const bodies of [[late], [log(1, 'b')], [log(1, 'B')], [log(1, 'b'), log(1, 'B'), late]])
    await lab.site.send(...bodies);
  expect(await kept(lab)).toEqual(['0 a', '1 Said after the end, without effect: post: hello', '2 b', '3 B']);
});

test('what finds no room is counted, whoever numbered it', async () => {
  const lab = await started({ logLines: 4 });
  const { log } = await install(lab);
  await lab.site.send(log(0, 'a', 'b', 'c'));
  await lab.site.send(log(0, 'A', 'B', 'C'));
  expect(await kept(lab)).toEqual(['0 a', '1 b', '2 c', '3 A']);
  expect(await lab.db.prisma.installAttempt.findFirst()).toMatchObject({ logTotal: 6n, logDropped: 2n });
});

test('the numbers of one attempt are nothing to another', async () => {
  const lab = await started();
  const first = await install(lab);
  await lab.site.send(first.log(0, 'a', 'b'), first.installed);
  const second = await install(lab, 1, { deed: 'reprovision' });
  await lab.site.send(second.log(0, 'a', 'b'), first.log(0, 'a', 'b'), second.log(0, 'A'));
  expect(await kept(lab)).toEqual(['0 a', '0 a', '1 b', '1 b', '2 A']);
});

test.each([1, 2, 3])(
  'whatever copies say and say again is there once, each one’s in its order (seed %s)',
  async (seed) => {
    const random = randomFrom(seed);
    const lab = await started();
    const { log } = await install(lab);
    const said: Item[] = [];
    const next = [0, 0, 0];
    for (let round = 0; round < 40; round += 1) {
      const copy = random.whole(next.length);
      const count = 1 + random.whole(4);
      const lines = Array.from({ length: count }, (_, i) => `copy ${copy} line ${next[copy]! + i}`);
      const item: Item = [next[copy]!, ...lines];
      next[copy]! += count;
      said.push(item);
      const again = random.chance(0.5) ? [random.pick(said), random.pick(said)] : [];
      await lab.site.send(...[...again, item, ...again].map((one) => log(...one)));
    }
    const lines = (await lab.db.prisma.logLine.findMany({ orderBy: { seq: 'asc' } })).map(({ line }) => line);
    for (const [copy, count] of next.entries())
      expect(lines.filter((line) => line.startsWith(`copy ${copy} `))).toEqual(
        Array.from({ length: count }, (_, n) => `copy ${copy} line ${n}`),
      );
    expect(lines).toHaveLength(next.reduce((sum, count) => sum + count, 0));
  },
);
