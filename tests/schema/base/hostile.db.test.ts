// Whatever texts are sent for names, ids, cursors and filters, the answer says that the caller erred, never that labd did.
import {
  getNamedType,
  getNullableType,
  type GraphQLArgument,
  type GraphQLInputField,
  type GraphQLInputType,
  isEnumType,
  isInputObjectType,
  isListType,
  isRequiredInputField,
  isScalarType,
  type OperationTypeNode,
} from 'graphql';
import { expect, test } from 'vitest';
import { schema } from '../../../schema/index.ts';
import { resources } from '../../../schema/kinds/index.ts';
import { authorityOf, makeAuthority } from '../../../server/domain/access/authority.ts';
import { UserError } from '../../../server/domain/errors.ts';
import { openGraph, type TestGraph } from '../../support/graph.ts';
import { fill } from '../fleet.ts';
import { realSystem } from '../../../common/system.ts';

type Input = GraphQLArgument | GraphQLInputField;

/** Something that each scalar takes. */
const scalars: Readonly<Record<string, unknown>> = {
  String: 'sample',
  ID: '01a20739-ff3b-700d-9f3f-cce885e7784a',
  Int: 1,
  Float: 1,
  Boolean: true,
  Counter: 1,
  DateTime: '2026-01-31T12:00:00Z',
  Revision: 'rev:1',
  Labels: {},
};
/** What is looked at more closely than that it is a text. */
const samples: Readonly<Record<string, unknown>> = {
  cidr: '10.77.0.0/16',
  mac: '52:54:00:00:77:77',
  permissions: ['read:*:*:*'],
  protocol: 1,
  items: [],
};

const fieldsOf = (type: GraphQLInputType): Input[] => {
  const named = getNamedType(type);
  return isInputObjectType(named) ? Object.values(named.getFields()) : [];
};

/** A value that an input takes: what is required, and nothing else. */
function plain(input: Input): unknown {
  if (Object.hasOwn(samples, input.name)) return samples[input.name];
  const type = getNullableType(input.type);
  if (isListType(type)) return [];
  const named = getNamedType(type);
  if (isScalarType(named)) return scalars[named.name];
  if (isEnumType(named)) return named.getValues()[0]!.name;
  const fields = fieldsOf(named);
  const needed = isInputObjectType(named) && named.isOneOf ? fields.slice(0, 1) : fields.filter(isRequiredInputField);
  return Object.fromEntries(needed.map((field) => [field.name, plain(field)]));
}

const HOSTILE = 'a\u0000b';

/** The values of an input that have one hostile text in them, wherever there can be one. */
function hostile(input: Input, depth = 0): unknown[] {
  const type = getNullableType(input.type);
  const inside = isListType(type) ? (value: unknown) => [value] : (value: unknown) => value;
  const named = getNamedType(type);
  if (isScalarType(named)) return ['String', 'ID'].includes(named.name) ? [inside(HOSTILE)] : [];
  if (depth > 2 || !isInputObjectType(named)) return [];
  const base = named.isOneOf ? {} : (plain({ ...input, name: '', type: named }) as object);
  return fieldsOf(named).flatMap((field) =>
    hostile(field, depth + 1).map((value) => inside({ ...base, [field.name]: value })),
  );
}

/** Asks a root field; what it answers that is no fault of the caller's. */
async function faults({ ask }: TestGraph, operation: string, name: string, given: Record<string, unknown>) {
  const type = schema.getRootType(operation as OperationTypeNode)!;
  const field = type.getFields()[name]!;
  const args = field.args.filter(({ name: arg }) => given[arg] !== undefined);
  const declared = args.map((arg) => `$${arg.name}: ${String(arg.type)}`).join(', ');
  const passed = args.map((arg) => `${arg.name}: $${arg.name}`).join(', ');
  const leaf = fieldsIn(field.type) ? ' { __typename }' : '';
  const { errors = [] } = await ask(`${operation} (${declared}) { ${name}(${passed})${leaf} }`, { variables: given });
  return errors
    .filter(({ extensions, originalError }) => !extensions['code'] && !(originalError instanceof UserError))
    .map(({ message }) => `${name}(${JSON.stringify(given)}): ${message}`);
}

const fieldsIn = (type: unknown) =>
  !isScalarType(getNamedType(type as never)) && !isEnumType(getNamedType(type as never));

test.each(['query', 'mutation'])('a NUL in any text of any %s', async (operation) => {
  const graph = await openGraph({
    calm: true,
    authority: await authorityOf(await makeAuthority(realSystem), realSystem),
  });
  await fill(graph.db, 2);
  const found: string[] = [];
  let asked = 0;
  for (const field of Object.values(schema.getRootType(operation as OperationTypeNode)!.getFields())) {
    const needed = field.args.filter((arg) => getNullableType(arg.type) !== arg.type);
    const base = Object.fromEntries(needed.map((arg) => [arg.name, plain(arg)]));
    for (const arg of field.args)
      for (const value of hostile(arg)) {
        asked += 1;
        found.push(...(await faults(graph, operation, field.name, { ...base, [arg.name]: value })));
      }
  }
  expect(asked).toBeGreaterThan(50);
  expect(found).toEqual([]);
});

test('a cursor that was made up, in any order of any list', async () => {
  const graph = await openGraph({ calm: true });
  await fill(graph.db, 2);
  const id = scalars['ID'];
  const values = [
    'a',
    'a\u0000',
    1,
    -1,
    1.5,
    2 ** 40,
    2 ** 60,
    true,
    null,
    {},
    [],
    '2026-13-01T00:00:00.000Z',
    '+200000',
  ];
  const found: string[] = [];
  for (const { entry, orders } of Object.values(resources))
    for (const [name, { column }] of Object.entries(orders))
      for (const [value, row] of [
        ...values.map((value) => [value, id] as const),
        ...['a', '-'.repeat(36), 7, null, `${String(id)}\u0000`].map((row) => [1, row] as const),
        ...['-'.repeat(36), `${String(id)}\u0000`].map((row) => ['a', row] as const),
      ]) {
        const after = Buffer.from(JSON.stringify([column, value, row])).toString('base64url');
        const text = `query ($after: String) { ${entry.plural}(after: $after, orderBy: { field: ${name} }) { nodes { id } } }`;
        const { errors = [] } = await graph.ask(text, { variables: { after } });
        for (const { message, extensions } of errors)
          if (extensions['code'] !== 'BAD_USER_INPUT')
            found.push(`${entry.plural} ${name} ${String(value)}: ${message}`);
      }
  const revision = Buffer.from(JSON.stringify(['rev', '1.5', id])).toString('base64url');
  for (const after of [revision, '', '[]', 'bnVsbA'])
    found.push(...(await faults(graph, 'query', 'auditEntries', { after })));
  expect(found).toEqual([]);
});

test('a moment that no database has', async () => {
  const graph = await openGraph({ calm: true });
  const since = '{ auditEntries(filter: { since: "+200000-01-01T00:00:00Z" }) { totalCount } }';
  await expect(graph.ask(since)).rejects.toThrow('since: A DateTime was given that is no moment');
});
