// Fuzzing: random valid queries by somebody who may see a little, and random bytes at every address. The seed is in the
// name of the test that fails.
import fc from 'fast-check';
import {
  buildSchema,
  getNamedType,
  getNullableType,
  isEnumType,
  isInterfaceType,
  isListType,
  isObjectType,
  isRequiredArgument,
  isUnionType,
  parse,
  validate,
  type GraphQLField,
  type GraphQLObjectType,
} from 'graphql';
import { SHIPPED } from '../../server/domain/fleet/contract/profiles.ts';
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { expectAlive, expectNoLeak, shareTarget } from './support.ts';

const SEED = 20_261_123;
const target = shareTarget();
const schema = buildSchema(readFileSync('schema/schema.graphql', 'utf8'));

/** A small random generator with a seed. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

type Field = GraphQLField<unknown, unknown>;
type Next = (below: number) => number;

const pick = <T>(next: Next, from: readonly T[]): T => from[next(from.length)]!;

/** A value for an argument, sometimes a strange one. */
function argument(next: Next, arg: Field['args'][number]): string {
  const type = getNamedType(arg.type);
  const list = isListType(getNullableType(arg.type));
  const one = () => {
    if (isEnumType(type)) return pick(next, type.getValues()).name;
    const values: Record<string, string[]> = {
      Int: ['1', '2', '1000'],
      Float: ['0.5'],
      Boolean: ['true', 'false'],
      ID: ['"Server:01a207fe-2773-763c-ba86-e516f818fef2"', '"x"'],
      String: ['"seen-0"', '"hidden-0"', '""', '"\\u001b"', '"%"'],
      Revision: ['"rev:1"', '"rev:99999"'],
      DateTime: ['"2026-01-01T00:00:00Z"'],
    };
    if (values[type.name]) return pick(next, values[type.name]!);
    if (type.name.endsWith('By')) return pick(next, ['{ name: "seen-0" }', '{ name: "hidden-0" }', '{ id: "x" }']);
    if (type.name.endsWith('Order')) return '{ field: NAME, direction: DESC }';
    return pick(next, ['{}', '{ not: {} }', '{ or: [{}, { not: {} }] }']);
  };
  return list ? `[${one()}]` : one();
}

function args(next: Next, field: Field): string {
  const given = field.args
    .filter((arg) => isRequiredArgument(arg) || next(6) === 0)
    .map((arg) => `${arg.name}: ${argument(next, arg)}`);
  return given.length > 0 ? `(${given.join(', ')})` : '';
}

/** A selection of a type, with the place of everything that has one. */
function selection(next: Next, type: GraphQLObjectType, depth: number): string {
  const fields = Object.values(type.getFields());
  // The rows of a list are what it is about.
  const chosen = fields.filter(({ name }) => name === 'nodes' || next(3) === 0).slice(0, 6);
  const placed = type.getFields()['cloud'] ? ['placed: cloud'] : [];
  const parts = chosen.flatMap((field, i) => {
    const far = getNamedType(field.type);
    const leaf = `f${i}: ${field.name}${args(next, field)}`;
    if (isObjectType(far)) return depth === 0 ? [] : [`${leaf} { ${selection(next, far, depth - 1)} }`];
    if (isUnionType(far) || isInterfaceType(far)) return [`${leaf} { __typename }`];
    return [leaf];
  });
  return ['__typename', ...placed, ...parts].join(' ');
}

/** Every place that an answer names. */
function placesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(placesIn);
  if (value === null || typeof value !== 'object') return [];
  const { placed, ...rest } = value as { placed?: string };
  return [...(placed === undefined ? [] : [placed]), ...Object.values(rest).flatMap(placesIn)];
}

describe('random queries', () => {
  const reader: { headers: Record<string, string> } = { headers: {} };
  beforeAll(async () => {
    for (const [cloud, word, octet] of [
      ['shown', 'seen', 1],
      ['hidden', 'hidden', 2],
    ] as const) {
      await target.data(`mutation {
        a: createServer(input: { name: "${word}-0", cloud: "${cloud}", mac: "02:00:00:00:00:0${octet}" }) { __typename }
        b: createNetwork(input: { name: "${word}-0", cloud: "${cloud}", cidr: "10.${octet}.0.0/16" }) { __typename }
        c: createCluster(input: { name: "${word}-0", cloud: "${cloud}" }) { __typename }
        d: createBastion(input: { name: "${word}-0", cloud: "${cloud}" }) { __typename } }`);
      await target
        .data(
          `mutation {
        e: createVm(input: { name: "${word}-0", cloud: "${cloud}", vcpus: 1, memoryGb: 1, server: { name: "hidden-0" }, networks: [{ name: "hidden-0" }] }) { __typename } }`,
        )
        .catch(() => undefined);
    }
    await target.data(
      'mutation { createClusterMember(input: { cluster: { name: "seen-0" }, server: { name: "hidden-0" }, role: WORKER }) { __typename } }',
    );
    reader.headers = await target.signIn('read:shown:*:*');
  });

  test(
    `are answered, whatever they ask, with nothing that may not be seen (seed ${SEED})`,
    { timeout: 120_000 },
    async () => {
      const next = random(SEED);
      const roots = Object.values(schema.getQueryType()!.getFields());
      const lists = roots.filter(({ type }) => getNamedType(type).name.endsWith('Connection'));
      let shown = 0;
      for (let i = 0; i < 300;) {
        const fields = [pick(next, roots), pick(next, lists)].map((field, n) => {
          const type = getNamedType(field.type);
          const below = isObjectType(type)
            ? ` { ${selection(next, type, 3)} }`
            : isInterfaceType(type)
              ? ' { __typename }'
              : '';
          return `r${n}: ${field.name}${args(next, field)}${below}`;
        });
        const query = `{ ${fields.join(' ')} }`;
        // Only what is valid gets as far as the door.
        if (validate(schema, parse(query)).length > 0) continue;
        i += 1;
        const { status, text, code } = await target.ask(query, { headers: reader.headers });
        expect([200, 400], `${i}: ${query}\n${text}`).toContain(status);
        expect(code, `${i}: ${query}\n${text}`).not.toBe('INTERNAL_SERVER_ERROR');
        const { data } = JSON.parse(text) as { data?: unknown };
        const places = placesIn(data);
        shown += places.length;
        expect(
          // Everybody is shown the profiles that come with labd.
          places.filter((place) => place !== 'shown' && place !== SHIPPED.cloud),
          `${i}: ${query}\n${text}`,
        ).toEqual([]);
        expectNoLeak(text);
      }
      // It would be no test if nothing were ever shown.
      expect(shown).toBeGreaterThan(20);
    },
  );
});

test('random bytes and mangled requests at every address leave labd as it was', { timeout: 120_000 }, async () => {
  const paths = [
    '/graphql',
    '/healthz',
    '/readyz',
    '/metrics',
    '/sign-in',
    '/sign-out',
    '/sign-in.js',
    '/graphiql/x',
    '/',
  ];
  const methods = ['GET', 'POST', 'PUT', 'OPTIONS', 'HEAD'];
  const request = fc
    .record({
      method: fc.constantFrom(...methods),
      path: fc.constantFrom(...paths),
      header: fc.string({ unit: 'binary-ascii', maxLength: 40 }),
      body: fc.uint8Array({ maxLength: 200 }),
    })
    .map(({ method, path, header, body }) => {
      const head = `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1:${target.port}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\nX-Fuzz: ${header}\r\n\r\n`;
      return Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(body)]);
    });
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 300 }).map((array) => Buffer.from(array));
  await fc.assert(
    fc.asyncProperty(fc.oneof({ weight: 4, arbitrary: request }, bytes), async (sent) => {
      const { status, text } = await target.raw(sent, 300);
      expect(status).toBeLessThan(500);
      expectNoLeak(text.startsWith('<!doctype') || text.startsWith("'use strict'") ? '' : text);
    }),
    { numRuns: 300, seed: SEED },
  );
  await expectAlive(target);
});
