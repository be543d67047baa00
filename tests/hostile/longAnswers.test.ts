// The longest answers that limits let through, as somebody far away gets them: others have labd's event loop meanwhile.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createMachines } from './bystander.ts';
import { inspect, type Inspector } from './inspector.ts';
import { shareTarget } from './support.ts';

const target = shareTarget({ NODE_OPTIONS: '--inspect=127.0.0.1:0' });
const place: { inspector?: Inspector } = {};

beforeAll(async () => {
  await createMachines(target.labd);
  const { servers } = await target.data<{ servers: { nodes: { name: string }[] } }>('{ servers { nodes { name } } }');
  const members = servers.nodes.map(({ name }) => ({ server: { name }, role: 'WORKER' }));
  await target.data(
    'mutation ($members: [MemberInput!]) { createCluster(input: { name: "all", members: $members }) { __typename } }',
    { members },
  );
  place.inspector = await inspect(target.labd.output());
}, 60_000);
afterAll(() => place.inspector?.close());

/** A cluster of fifty, once for each of fifty for each of so many. */
const query = `query ($first: Int!) { clusters(first: 1) { nodes { members(first: $first) { nodes { cluster { members(first: 50) {
  nodes { cluster { members(first: 50) { nodes { role server { name status labels bootMac } } } } } } } } } } } }`;

interface Answer {
  clusters: { nodes: [{ members: { nodes: unknown[] } }] };
}
const membersIn = ({ clusters }: Answer) => clusters.nodes[0].members.nodes;

/** How many times as long as the calibrating loop, which takes a usual machine ten milliseconds. */
const MOST = 10;

test.each([
  ['HTTP', () => target.ask(query, { variables: { first: 15 } })],
  ['a WebSocket', () => target.overWebSocket(query, { variables: { first: 15 } })],
])(
  '37,500 members and their servers over %s hold the loop for no longer than ten loops of arithmetic',
  async (_by, ask) => {
    const inspector = place.inspector!;
    const [one] = membersIn(await target.data<Answer>(query, { first: 1 }));
    // What runs for the first time is compiled first.
    await ask();
    const before = await inspector.calibrate();
    await inspector.held();
    const { text } = await ask();
    const { own } = await inspector.held();
    const after = await inspector.calibrate();
    const { data } = JSON.parse(text) as { data: Answer };
    expect(membersIn(data)).toEqual(Array.from({ length: 15 }, () => one));
    expect(own / Math.max(before.own, after.own)).toBeLessThan(MOST);
  },
);
