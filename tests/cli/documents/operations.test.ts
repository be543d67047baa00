// Which operation of a document is meant, whatever else is in it.
import { buildSchema, Kind, parse, printSchema } from 'graphql';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { chooseOperation, operationsIn } from '../../../cli/documents/operations.ts';

/** What the parser of GraphQL says. */
const parsed = (document: string) =>
  parse(document).definitions.flatMap((one) =>
    one.kind === Kind.OPERATION_DEFINITION ? [{ type: one.operation, name: one.name?.value }] : [],
  );

test.each([
  '{ a }',
  'query { a }',
  'subscription W { a }',
  'query Q { a } subscription W { b }',
  'fragment subscription on Query { query } query Q { ...subscription }',
  'fragment F on Query { subscription { mutation } } subscription S { ...F }',
  '# subscription Not { a }\nquery Q($a: String = "subscription X { y }") { a(b: """ } mutation M { "quoted\\""" """) }',
  'mutation query { a } query mutation($in: In = { subscription: [{ query: 1 }] }) @live(if: true) { a @skip(if: false) { b } }',
  'query,Q,{a}\ufeffsubscription,W,{b}',
  'query ($a: Int) { a } ',
])('the operations of %s are those that the parser finds', (document) => {
  expect(operationsIn(document)).toEqual(parsed(document));
});

test.each(['cli/kinds', 'cli/commands', 'bastion/uplink', 'server/graphiql/examples'])(
  'those of the documents in %s too',
  (folder) => {
    const files = readdirSync(folder).filter((file) => file.endsWith('.graphql'));
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      const text = readFileSync(join(folder, file), 'utf8');
      expect(operationsIn(text), file).toEqual(parsed(text));
    }
  },
);

test('of what is no operation, and of no GraphQL at all, there is none', () => {
  expect(operationsIn(printSchema(buildSchema('type Query { subscription: Int }')))).toEqual([]);
  expect(operationsIn('')).toEqual([]);
  expect(operationsIn('}}} ((( "')).toEqual([]);
});

test('several need a name, and the name has to be one of them', () => {
  const several = 'query Q { a } subscription W { b }';
  expect(chooseOperation(several, 'W')).toEqual({ type: 'subscription', name: 'W' });
  expect(chooseOperation('{ a }', undefined)).toEqual({ type: 'query', name: undefined });
  expect(() => chooseOperation(several, undefined)).toThrow('The document has several operations: Q, W.');
  expect(() => chooseOperation(several, 'X')).toThrow('There is no operation "X" in the document.');
});
