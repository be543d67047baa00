// No field below a revision can be answered from the present.
import { readFileSync } from 'node:fs';
import {
  GraphQLInt,
  GraphQLNonNull,
  GraphQLObjectType,
  type GraphQLResolveInfo,
  GraphQLSchema,
  GraphQLString,
} from 'graphql';
import { describe, expect, expectTypeOf, test } from 'vitest';
import type { Context, PastContext } from '../../../schema/base/context.ts';
import { checkMoments, momentless } from '../../../schema/fields/checkMoments.ts';
import { CHECKS_ITSELF, computedField } from '../../../schema/fields/computed.ts';
import { schema } from '../../../schema/index.ts';
import { resourceOf } from '../../../schema/lists/registry.ts';
import { sourcesIn } from '../../house/sources.ts';

/** A graph with one field below a root field that takes `at`, resolved so. */
function graphWith(resolve: (...args: never[]) => unknown): GraphQLSchema {
  const Server = new GraphQLObjectType({
    name: 'Server',
    fields: { load: { type: GraphQLInt, extensions: { pothosOptions: { resolve } } } },
  });
  const server = { type: new GraphQLNonNull(Server), args: { at: { type: GraphQLString } } };
  return new GraphQLSchema({ query: new GraphQLObjectType({ name: 'Query', fields: { server } }) });
}

describe('a field below a revision', () => {
  test('knows its moment, wherever it is in the graph', () => {
    expect(momentless(schema)).toEqual([]);
  });

  test("that takes the operation's own context keeps labd from starting", () => {
    const raw = graphWith((_row: never, _args: never, _context: never) => 1);
    expect(() => checkMoments(raw)).toThrow('Server.load would answer from the present at any revision');
  });

  test('that is read off its row, or made by computedField, does not', () => {
    const computed = { type: 'Int', description: 'How busy it is.', columns: [], hidden: CHECKS_ITSELF } as const;
    const { resolve } = computedField({ ...computed, now: () => 1, then: 0 });
    for (const fine of [(_row: never) => 1, resolve])
      expect(checkMoments(graphWith(fine))).toBeInstanceOf(GraphQLSchema);
  });

  test('gets a context without a database, so that it cannot read the present', () => {
    expectTypeOf<PastContext>().not.toHaveProperty('database');
    expectTypeOf<PastContext>().not.toHaveProperty('fleet');
  });

  test('answers how it was, and now only when the present is asked about', () => {
    const field = computedField({
      ...{ type: 'Int', description: 'How busy it is.', columns: [], hidden: CHECKS_ITSELF },
      now: (_row: object) => 1,
      then: (_row, { past }) => Number(past.rev),
    });
    const past = { past: { rev: 7n } } as unknown as PastContext;
    const context = { pasts: new Map([['then', past]]) } as unknown as Context;
    const below = (key: string) =>
      ({ path: { key: 'load', prev: { key, prev: undefined } } }) as unknown as GraphQLResolveInfo;
    expect(field.resolve({}, {}, context, below('then'))).toBe(7);
    expect(field.resolve({}, {}, context, below('present'))).toBe(1);
  });

  test('is judged by the present in one place: what may be seen of a change', () => {
    const uses = sourcesIn('schema').filter((path) => /\batPresent\(\(/.test(readFileSync(path, 'utf8')));
    expect(uses).toEqual(['schema/log/history.ts']);
  });
});

describe('a kind', () => {
  test('that was never defined is told by its name', () => {
    expect(() => resourceOf('Order' as 'Server')).toThrow(/kind Order is not defined/);
  });

  test("is led to by name: no kind's file imports another's", () => {
    const files = sourcesIn('schema/kinds').filter((path) => !path.endsWith('/index.ts'));
    const kinds = new Set(files.filter((path) => readFileSync(path, 'utf8').includes('defineResource(')));
    const imports = files.flatMap((path) =>
      [...readFileSync(path, 'utf8').matchAll(/from '\.\/(\w+\.ts)'/g)].map(([, name]) => `schema/kinds/${name}`),
    );
    expect(kinds.size).toBe(20);
    expect(imports.filter((path) => kinds.has(path))).toEqual([]);
  });
});
