// Random operations at the limits of the schema, by somebody who may read one server: none holds labd's event loop for
// long, and none leaves anything. The benchmark does the same with a thousand.
import { readFileSync } from 'node:fs';
import { buildSchema } from 'graphql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createMachines } from './bystander.ts';
import { inspect, type Inspector } from './inspector.ts';
import { randomOperations } from './operations.ts';
import { expectAlive, expectNoLeak, shareTarget } from './support.ts';

const SEED = 20_261_129;
const target = shareTarget({ NODE_OPTIONS: '--inspect=127.0.0.1:0' });
const schema = buildSchema(readFileSync('schema/schema.graphql', 'utf8'));
const place: { inspector?: Inspector; headers?: { authorization: string } } = {};

beforeAll(async () => {
  await createMachines(target.labd);
  const { servers } = await target.data<{ servers: { nodes: { name: string }[] } }>(
    '{ servers(first: 1) { nodes { name } } }',
  );
  place.headers = await target.signIn(`read:default:default:${servers.nodes[0]!.name}`);
  place.inspector = await inspect(target.labd.output());
}, 60_000);
afterAll(() => place.inspector?.close());

/** How many times as long as the calibrating loop, which takes a usual machine ten milliseconds. */
const MOST = 10;

test(
  `100 random operations at the limits hold the loop for no longer than ten loops of arithmetic (seed ${SEED})`,
  { timeout: 240_000 },
  async () => {
    const inspector = place.inspector!;
    const next = randomOperations(schema, SEED);
    const run = async () => {
      const { query, variables } = next();
      const { status, code, text } = await target.ask(query, { variables, headers: place.headers! });
      expect([200, 400], text).toContain(status);
      expect(code, query).not.toBe('INTERNAL_SERVER_ERROR');
      expectNoLeak(text.replaceAll(/"message":"(?:[^"\\\\]|\\\\.)*"/g, ''));
      return { query, code };
    };
    // What runs for the first time is compiled first.
    for (let n = 0; n < 50; n++) await run();
    const before = await inspector.calibrate();
    let longest = { own: 0, query: '' };
    const codes = new Map<string | undefined, number>();
    for (let n = 0; n < 100; n++) {
      await inspector.held();
      const { query, code } = await run();
      const { own } = await inspector.held();
      if (own > longest.own) longest = { own, query };
      codes.set(code, (codes.get(code) ?? 0) + 1);
    }
    const after = await inspector.calibrate();
    expect(longest.own / Math.max(before.own, after.own), longest.query).toBeLessThan(MOST);
    // It would be no test if nothing were answered, or nothing refused.
    expect(codes.get(undefined)).toBeGreaterThan(10);
    expect(codes.get('TOO_MANY_CONDITIONS')).toBeGreaterThan(2);
    await expectAlive(target);
  },
);
