// What a document may be made of, and what it may cost: each limit at it and past it, over HTTP and over a WebSocket;
// and which limit speaks first.
import { readdirSync, readFileSync } from 'node:fs';
import { concatAST, getIntrospectionQuery, Kind, parse } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { schema } from '../../../schema/index.ts';
import { costOf } from '../../../server/limits/cost.ts';
import { depthOf } from '../../../server/limits/depth.ts';
import { LIMITS } from '../../../server/limits/limits.ts';
import { nested } from '../../bench/data.ts';
import { overWebSocket, post, startToy, type Toy } from '../http/toy.ts';

let toy: Toy;
beforeAll(async () => {
  toy = await startToy({ limits: { maxCost: 1000 } });
});
afterAll(() => toy.stop());

const aliases = (count: number) => Array.from({ length: count }, (_, n) => `a${n}: hello `).join('');
const directives = (count: number) => 'hello @include(if: true) '.repeat(count);
/** `rows { nodes { rows { … } } }`, so many fields below one another. */
function deep(depth: number, innermost: string): string {
  let query = innermost;
  for (let level = depth - 1; level > 0; level--)
    query = `${level % 2 === 1 ? 'rows(first: 1)' : 'nodes'} { ${query} }`;
  return query;
}

/** Lists and objects in turn, so many in one another. */
const nestedValue = (depth: number): unknown =>
  depth === 0 ? 1 : depth % 2 === 0 ? [nestedValue(depth - 1)] : { a: nestedValue(depth - 1) };

/** What is asked, with variables or without. */
interface Ask {
  query: string;
  variables?: Record<string, unknown>;
}
const q = (query: string, variables?: Record<string, unknown>): Ask => (variables ? { query, variables } : { query });

describe.each<[string, Ask, Ask, string, string]>([
  ['aliases', q(`{ ${aliases(100)} }`), q(`{ ${aliases(101)} }`), 'TOO_MANY_ALIASES', '101 aliases, more than 100'],
  [
    'aliases in fragments too',
    q(`{ ${aliases(60)} ...F } fragment F on Query { ${aliases(40)} }`),
    q(`{ ${aliases(60)} ...F } fragment F on Query { ${aliases(41)} }`),
    'TOO_MANY_ALIASES',
    '101 aliases',
  ],
  ['depth', q(`{ ${deep(20, 'total')} }`), q(`{ ${deep(21, 'n')} }`), 'DOCUMENT_TOO_DEEP', '21 fields deep'],
  [
    'depth through fragments',
    q(`{ rows(first: 1) { nodes { ... { ...A } } } } fragment A on Row { ${deep(18, 'total')} }`),
    q(`{ rows(first: 1) { nodes { ... { ...A } } } } fragment A on Row { ${deep(19, 'n')} }`),
    'DOCUMENT_TOO_DEEP',
    '21 fields deep',
  ],
  [
    'directives',
    q(`{ ${directives(50)} }`),
    q(`query @skip(if: false) { ${directives(50)} }`),
    'TOO_MANY_DIRECTIVES',
    '51 directives',
  ],
  [
    'values in the document',
    q(`{ echo(value: ${JSON.stringify(nestedValue(50)).replaceAll('"', '')}) }`),
    q(`{ echo(value: ${JSON.stringify(nestedValue(51)).replaceAll('"', '')}) }`),
    'VALUE_TOO_DEEP',
    'more than 50 deep',
  ],
  [
    'values in variables',
    q('query($l: JSON) { echo(value: $l) }', { l: nestedValue(50) }),
    q('query($l: JSON) { echo(value: $l) }', { l: nestedValue(51) }),
    'VALUE_TOO_DEEP',
    'more than 50 deep',
  ],
  [
    'cost',
    q('{ rows(first: 999) { nodes { n } } }'),
    q('{ rows(first: 1000) { nodes { n } } }'),
    'OPERATION_TOO_EXPENSIVE',
    '1,001 objects, more than 1,000, most of them in rows',
  ],
  [
    'cost with variables',
    q('query($n: Int) { rows(last: $n) { nodes { n } } }', { n: 999 }),
    q('query($n: Int) { rows(last: $n) { nodes { n } } }', { n: 1000 }),
    'OPERATION_TOO_EXPENSIVE',
    'first: 10',
  ],
  [
    'cost with defaults, of the field and of variables',
    q('query($n: Int = 9) { rows(first: $n) { nodes { rows { nodes { n } } } } }'),
    q('query($n: Int = 10) { all: rows(first: $n) { nodes { rows { nodes { n } } } } }'),
    'OPERATION_TOO_EXPENSIVE',
    '1,021 objects, more than 1,000, most of them in all.nodes.rows',
  ],
])('The limit on %s', (_what, fits, exceeds, code, words) => {
  const refusal = {
    message: expect.stringContaining(words) as string,
    extensions: expect.objectContaining({ code }) as object,
  };
  const answer = { data: expect.any(Object) as object };

  test('holds over HTTP', async () => {
    expect((await post(toy.url, fits.query, fits)).body).toEqual(answer);
    const { status, body } = await post(toy.url, exceeds.query, exceeds);
    expect(status).toBe(400);
    expect(body).toEqual({ errors: [refusal] });
  });

  test('holds over a WebSocket', async () => {
    expect(await overWebSocket(toy.url, fits)).toEqual(answer);
    // Refused before its variables are looked at it is an error of the operation, later an answer with errors.
    const refused = await overWebSocket(toy.url, exceeds);
    expect(Array.isArray(refused) ? { errors: refused as unknown[] } : refused).toMatchObject({ errors: [refusal] });
  });
});

describe('The cost', () => {
  const refused = expect.objectContaining({
    errors: [expect.objectContaining({ message: expect.any(String) as string })],
  }) as object;

  test('is told to programs too', async () => {
    const { body } = await post(toy.url, '{ rows { nodes { rows { nodes { n } } notes { n } } } }');
    expect(body.errors![0]!.extensions).toEqual({
      code: 'OPERATION_TOO_EXPENSIVE',
      cost: 1 + 100 * (1 + 1 + 100 + 10),
      limit: 1000,
      field: 'rows.nodes.rows',
    });
  });

  test('is that of what @skip and @include leave in', async () => {
    const query =
      'query($all: Boolean!) { rows { nodes { n ...More @include(if: $all) } } } fragment More on Row { rows { nodes { n } } }';
    expect((await post(toy.url, query, { variables: { all: false } })).body.data).toEqual(expect.any(Object));
    expect((await post(toy.url, query, { variables: { all: true } })).body).toEqual(refused);
    expect((await post(toy.url, query, { variables: { all: false } })).body.data).toEqual(expect.any(Object));
  });

  test('is that of each event of a subscription', async () => {
    const query = (first: number) => `subscription { ticks(to: 3) { count rows(first: ${first}) { nodes { n } } } }`;
    expect(await overWebSocket(toy.url, { query: query(998) })).toMatchObject({ data: { ticks: { count: 1 } } });
    expect(await overWebSocket(toy.url, { query: query(999) })).toMatchObject({
      errors: [{ extensions: { code: 'OPERATION_TOO_EXPENSIVE' } }],
    });
    expect(toy.streams.open).toBe(0);
  });

  test('is that of the operation that is meant', async () => {
    const query = 'query Dear { rows { nodes { rows { nodes { n } } } } } query Cheap { rows { nodes { n } } }';
    const ask = (operationName: string) => overWebSocket(toy.url, { query, operationName });
    expect(await ask('Cheap')).toMatchObject({ data: {} });
    expect(await ask('Dear')).toMatchObject({ errors: [{ extensions: { field: 'rows.nodes.rows' } }] });
    expect(await ask('Cheap')).toMatchObject({ data: {} });
  });

  test.each(['query', 'depth'])(
    'of fragments that spread each other twice over and over takes no time (%s)',
    (what) => {
      const levels = 60;
      const fragments = Array.from(
        { length: levels },
        (_, n) => `fragment F${n} on Query { ...F${n + 1} a${n}: about { version } ...F${n + 1} }`,
      );
      const document = parse(
        `query($n: Int) { ...F0 } ${fragments.join(' ')} fragment F${levels} on Query { servers(first: $n) { nodes { name } } }`,
      );
      if (what === 'depth') expect(depthOf(document)).toBe(3);
      else expect(costOf(schema, document, { variables: { n: 1 } })).toBeGreaterThan(2 ** levels);
    },
  );
});

describe('lab’s own documents', () => {
  const read = (folder: string) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.graphql'))
      .map((path) => parse(readFileSync(`${folder}/${path}`, 'utf8')));
  /** The pages that the command line asks for, by what is shown of each object. */
  const pages = [
    { first: 500, wide: false, full: false },
    { first: 100, wide: true, full: false },
    { first: 50, wide: false, full: true },
  ];

  test.each(['cli', 'bastion', 'server/graphiql/examples'])('in %s are well within the limits', (folder) => {
    const document = concatAST(read(folder));
    expect(depthOf(document)).toBeLessThan(LIMITS.maxDepth / 2);
    for (const definition of document.definitions) {
      if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
      for (const variables of pages) {
        const cost = costOf(schema, document, { operationName: definition.name!.value, variables });
        expect(cost, definition.name!.value).toBeLessThan(LIMITS.maxCost * 0.6);
      }
    }
  });

  test('and the benchmark’s and every introspection are too', () => {
    const everything = getIntrospectionQuery({
      descriptions: true,
      specifiedByUrl: true,
      directiveIsRepeatable: true,
      schemaDescription: true,
      inputValueDeprecation: true,
      oneOf: true,
    });
    for (const query of [nested.labd, everything]) {
      expect(depthOf(parse(query))).toBeLessThan(LIMITS.maxDepth);
      expect(costOf(schema, parse(query))).toBeLessThan(LIMITS.maxCost * 0.6);
    }
  });

  test('what ends with each credential of a page is priced as the hundreds that it may be', () => {
    const listing = (kind: string) => `{ tokens(first: 10) { nodes { dependents { ${kind} { id } } } } }`;
    for (const kind of ['tokens', 'sessions']) expect(costOf(schema, parse(listing(kind)))).toBeGreaterThan(10 * 100);
    const deep = '{ tokens(first: 10) { nodes { dependents { tokens { dependents { tokens { id } } } } } } }';
    expect(costOf(schema, parse(deep))).toBeGreaterThan(LIMITS.maxCost);
  });

  test.each(['bastions(first: 100) { nodes { profiles', 'profiles(first: 100) { nodes { bastions'])(
    'what is in each of { %s } is priced as the hundred that it may be, and a page of a thousand is refused',
    (listing) => {
      const cost = (query: string) => costOf(schema, parse(`{ ${query} { ready } } } }`));
      expect(cost(listing)).toBeGreaterThan(100 * 100);
      expect(cost(listing)).toBeLessThan(LIMITS.maxCost * 0.6);
      expect(cost(listing.replace('100', '1000'))).toBeGreaterThan(LIMITS.maxCost);
    },
  );

  test('pass the port, introspection included', async () => {
    expect((await post(toy.url, '{ __schema { types { name } } }')).status).toBe(200);
  });
});

describe('Of several limits', () => {
  const many = Array.from({ length: 400 }, (_, n) => `a${n}: hello `).join('');
  const deepValue = `echo(value: ${'['.repeat(60)}${']'.repeat(60)})`;
  const costly = 'rows(first: 1000) { nodes { n } }';

  test.each<[string, string, number]>([
    ['REQUEST_TOO_LARGE', `{ ${many} ${costly} ${' '.repeat(256 * 1024)} }`, 413],
    ['DOCUMENT_TOO_LONG', `{ ${many} ${deep(30, 'n')} ${directives(60)} ${costly} }`, 400],
    ['TOO_MANY_ALIASES', `{ ${aliases(101)} ${deep(30, 'n')} ${directives(60)} ${costly} }`, 400],
    ['DOCUMENT_TOO_DEEP', `{ ${deep(30, 'n')} ${directives(60)} ${costly} }`, 400],
    ['TOO_MANY_DIRECTIVES', `{ ${directives(60)} ${deepValue} ${costly} unknown }`, 400],
    ['VALUE_TOO_DEEP', `{ ${deepValue} ${costly} unknown }`, 400],
    ['GRAPHQL_VALIDATION_FAILED', `{ ${costly} unknown slow(ms: 60000) }`, 200],
    ['OPERATION_TOO_EXPENSIVE', `{ ${costly} slow(ms: 60000) }`, 400],
  ])('%s is the first to refuse', async (code, query, expected) => {
    const { status, body } = await post(toy.url, query);
    expect(body.errors![0]!.extensions).toMatchObject({ code });
    expect(status).toBe(expected);
  });

  test('fragments that spread each other in a circle are left to validation', async () => {
    const { body } = await post(
      toy.url,
      '{ ...A } fragment A on Query { hello ...B } fragment B on Query { hello ...A }',
    );
    expect(body.errors![0]).toMatchObject({
      message: expect.stringContaining('itself') as string,
      extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
    });
  });
});
