// The whole door, generated from the graph: every type and edge, every query, mutation and subscription, as each kind of
// caller meets it. golden/door.txt is the table of what is allowed; a field without a rule, or without a sample, fails.
import {
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  isRequiredArgument,
  isUnionType,
  type GraphQLField,
  type GraphQLObjectType,
} from 'graphql';
import { expect, test } from 'vitest';
import { declared } from '../../../schema/permissions/guard.ts';
import { schema } from '../../../schema/index.ts';
import { anonymous, Caller } from '../../../server/domain/access/caller.ts';
import { OpenId } from '../../../server/domain/access/openid.ts';
import { readGrant } from '../../../server/domain/grants.ts';
import { bastionScope } from '../../../server/domain/access/findCaller.ts';
import { authorityAt, firstOf, nextOf } from '../../support/authorities.ts';
import { openGraph } from '../../support/graph.ts';
import { SECRET_KEY } from '../../support/secrets.ts';
import { startIssuer } from '../../support/issuer.ts';
import { openDoor, type Door } from '../samples.ts';
import { realSystem } from '../../../common/system.ts';

/** Who meets the door, from whom nothing is known to whom everything is allowed, and one from another place. */
function callers(door: Door): Record<string, Caller> {
  // All of them are one user, with other permissions: what the table tells apart is these alone.
  const user = (...permissions: string[]) =>
    new Caller({
      ...door.root,
      actor: 'user/root',
      kind: 'user',
      roles: ['sample'],
      scope: permissions.map(readGrant),
    });
  return {
    nobody: anonymous,
    nothing: user(),
    elsewhere: user('*:elsewhere:*:*'),
    viewer: user('read:*:*:*'),
    operator: user('read:*:*:*', 'apply:*:*:*', 'destroy:*:*:*'),
    admin: user('*:*:*:*'),
    bastion: new Caller({
      actor: 'bastion/site',
      kind: 'bastion',
      id: door.bastion.id,
      credential: `Certificate:${door.bastion.enrolment}`,
      scope: bastionScope(door.bastion),
    }),
  };
}

type Field = GraphQLField<unknown, unknown>;
const fieldsOf = (type: GraphQLObjectType): Field[] => Object.values(type.getFields());
const askable = (field: Field) => !field.args.some(isRequiredArgument);

/** The least that can be selected below a field. */
function below(field: Field): string {
  const type = getNamedType(field.type);
  return isCompositeType(type) ? ' { __typename }' : '';
}

/** Everything that can be selected of the types that a field may answer with, each field under a name of its own. */
function everything(field: Field): string {
  const type = getNamedType(field.type);
  const types =
    isUnionType(type) || isInterfaceType(type) ? schema.getPossibleTypes(type) : isObjectType(type) ? [type] : [];
  const parts = types.map((one) => {
    const fields = fieldsOf(one)
      .filter(askable)
      .map((own) => `${one.name}_${own.name}: ${own.name}${below(own)}`);
    return `... on ${one.name} { ${fields.join(' ')} }`;
  });
  return `{ __typename ${parts.join(' ')} }`;
}

/** The shortest way from a query to each type, as text before and after what is selected of the type. */
function ways(door: Door): Map<string, { query: string; path: readonly string[] }> {
  const found = new Map<string, { query: string; path: readonly string[] }>();
  const queue: { type: GraphQLObjectType; query: string; path: string[] }[] = [];
  const visit = (field: Field, args: string, query: string, path: string[]) => {
    const type = getNamedType(field.type);
    // Of what can be anything, only one thing would be seen.
    if (isInterfaceType(type)) return;
    const types =
      isUnionType(type) || isInterfaceType(type) ? schema.getPossibleTypes(type) : isObjectType(type) ? [type] : [];
    for (const one of types) {
      if (found.has(one.name)) continue;
      const way = {
        query: query.replace('%', `${field.name}${args} { ... on ${one.name} { % } }`),
        path: [...path, field.name],
      };
      found.set(one.name, way);
      queue.push({ type: one, ...way });
    }
  };
  // Kinds by their lists: of one object a field may be empty.
  for (const field of fieldsOf(schema.getQueryType()!)) {
    const args = door.query(field.name);
    if (!args.startsWith('(by:')) visit(field, args, '{ % }', []);
  }
  for (let next = queue.shift(); next; next = queue.shift())
    for (const field of fieldsOf(next.type).filter(askable)) visit(field, '', next.query, next.path);
  return found;
}

/** All values at the end of a path, through lists. */
function valuesAt(data: unknown, path: readonly string[]): Record<string, unknown>[] {
  if (Array.isArray(data)) return data.flatMap((one) => valuesAt(one, path));
  if (data === null || typeof data !== 'object') return [];
  const [first, ...rest] = path;
  return first === undefined
    ? [data as Record<string, unknown>]
    : valuesAt((data as Record<string, unknown>)[first], rest);
}

const isNothing = (value: unknown): boolean => value == null || (Array.isArray(value) && value.length === 0);

const refusals = new Set(['FORBIDDEN', 'UNAUTHENTICATED', 'Forbidden']);

/** Which refusal an error is, or that it hides what is there; throws any other error. */
function refusal(error: { message: string; originalError?: unknown; extensions: Record<string, unknown> }): string {
  const code = error.extensions['code'] ?? (error.originalError as Error | undefined)?.name;
  if (refusals.has(String(code))) return 'refused';
  if (code === 'NOT_FOUND') return 'hidden';
  throw new Error(`${String(code)}: ${error.message}`);
}

test('is the same for everyone as the table says', { timeout: 300_000 }, async () => {
  const provider = await startIssuer();
  const openId = new OpenId({ issuer: provider.issuer, clientId: 'lab', nameClaim: 'preferred_username' }, realSystem);
  const authority = await authorityAt(await nextOf(await firstOf()));
  const graph = await openGraph({ calm: true, authority, openId, key: SECRET_KEY });
  const door = await openDoor(graph, provider);
  const people = callers(door);
  const rows: string[][] = [['', ...Object.keys(people)]];
  const row = async (name: string, answer: (caller: Caller) => Promise<string>) => {
    const answers: string[] = [];
    for (const caller of Object.values(people)) answers.push(await answer(caller));
    rows.push([name, ...answers]);
  };

  for (const field of fieldsOf(schema.getQueryType()!)) {
    await row(`Query.${field.name}`, async (caller) => {
      const { data, errors } = await graph.ask(
        `{ answer: ${field.name}${door.query(field.name)}${edgeBelow(field)} }`,
        {
          caller,
        },
      );
      return errors ? refusal(errors[0]!) : isNothing(edgeValue(data!['answer'])) ? 'nothing' : 'shown';
    });
  }

  for (const [name, { query, path }] of [...ways(door)].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const type = schema.getType(name) as GraphQLObjectType;
    const fields = fieldsOf(type).filter(askable);
    const answers = new Map<Caller, Map<string, string>>();
    for (const caller of Object.values(people)) {
      const own = new Map<string, string>();
      const selected = fields.map((field) => `${field.name}${edgeBelow(field)}`).join(' ');
      const { data, errors } = await graph.ask(query.replace('%', selected), { caller });
      const values = errors ? [] : valuesAt(data, path);
      for (const field of fields) {
        const seen = values.some((value) => !isNothing(edgeValue(value[field.name])));
        own.set(field.name, errors ? refusal(errors[0]!) : seen ? 'shown' : 'nothing');
      }
      answers.set(caller, own);
    }
    for (const field of fields)
      await row(`${name}.${field.name}`, (caller) => Promise.resolve(answers.get(caller)!.get(field.name)!));
  }

  for (const field of fieldsOf(schema.getMutationType()!)) {
    await row(`Mutation.${field.name}`, async (caller) => {
      const args = await door.mutation(field.name);
      const { data, errors } = await graph.ask(`mutation { answer: ${field.name}${args} ${everything(field)} }`, {
        caller,
      });
      if (errors) return refusal(errors[0]!);
      const { __typename: answer } = data!['answer'] as { __typename: string };
      return (
        {
          Forbidden: 'refused',
          ManifestProblems: 'refused',
          NotFound: 'hidden',
          InvalidInput: 'answered',
          Conflict: 'answered',
        }[answer] ?? 'done'
      );
    });
  }

  for (const field of fieldsOf(schema.getSubscriptionType()!)) {
    await row(`Subscription.${field.name}`, async (caller) => {
      const document = `subscription { answer: ${field.name}${await door.subscription(field.name)} ${everything(field)} }`;
      const events = await graph.tryFollow(document, { caller });
      if ('errors' in events) return refusal(events.errors[0]!);
      await events.return?.();
      return 'shown';
    });
  }

  const widths = rows[0]!.map((_, at) => Math.max(...rows.map((one) => one[at]!.length)));
  const table = rows
    .map((one) =>
      one
        .map((cell, at) => cell.padEnd(widths[at]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
  await expect(`${table}\n`).toMatchFileSnapshot('../golden/door.txt');

  // A field that is empty for everybody would be so without any rule.
  const empty = rows
    .slice(1)
    .filter(([name, ...cells]) => !/^(Mutation|Subscription)/.test(name!) && !cells.includes('shown'));
  expect(empty.map(([name]) => name)).toEqual([]);
  // What nobody can reach is not reached because the sample is right, and not because it is wrong.
  const unreached = rows
    .slice(1)
    .filter(([name, ...cells]) => name!.startsWith('Mutation.') && !cells.includes('done'));
  expect(unreached.map(([name]) => name)).toEqual([]);
});

/** An edge to many is shown when it leads somewhere: its first ids. */
function edgeBelow(field: Field): string {
  const type = getNamedType(field.type);
  if (isObjectType(type) && type.name.endsWith('Connection')) return ' { nodes { __typename } }';
  return below(field);
}

const edgeValue = (value: unknown): unknown =>
  value !== null && typeof value === 'object' && 'nodes' in value ? value.nodes : value;

test('has a rule for every root field', () => {
  const roots = [schema.getQueryType()!, schema.getMutationType()!, schema.getSubscriptionType()!];
  const rules = roots.flatMap((type) =>
    fieldsOf(type).map((field) => [`${type.name}.${field.name}`, declared(field)?.action] as const),
  );
  expect(rules.filter(([, action]) => action === undefined)).toEqual([]);
  // What is for everybody is named here, one by one.
  expect(rules.filter(([, action]) => action === 'public').map(([name]) => name)).toEqual([
    'Query.authority',
    'Query.signInMethods',
    'Mutation.enrol',
    'Mutation.login',
    'Mutation.loginWithIdToken',
  ]);
});
