// What ends with a credential is told before it is deleted: all of it, whatever it hangs on, and to each what it may see.
import { expect, test } from 'vitest';
import type { Scope } from '../../../server/domain/access/caller.ts';
import { openGraph, type TestGraph } from '../../support/graph.ts';

interface Made {
  readonly name: string;
  readonly by?: string;
  readonly kind?: 'Session';
  readonly environment?: string;
}

/** A user with credentials, each made with the one that it names. */
async function made(graph: TestGraph, all: readonly Made[]): Promise<void> {
  const { prisma } = graph.db;
  const { id: userId } = await prisma.user.create({ data: { name: 'ann' } });
  const ids = new Map<string, string>();
  for (const { name, by, kind, environment = 'default' } of all) {
    const own = { userId, tokenHash: name, madeWith: by === undefined ? null : ids.get(by)! };
    const expiresAt = new Date(Date.now() + 3_600_000);
    const { id } =
      kind === 'Session'
        ? await prisma.session.create({ data: { ...own, expiresAt, purpose: 'LINK', address: name } })
        : await prisma.token.create({ data: { ...own, name, environment, purpose: 'API', prefix: 'lab_pat_x' } });
    ids.set(name, `${kind ?? 'Token'}:${id}`);
  }
}

const FIELDS = 'dependents { tokenCount tokens { name user { name } } sessionCount sessions { address purpose } }';

interface Answer {
  tokenCount: number;
  tokens: { name: string }[];
  sessionCount: number;
  sessions: { address: string }[];
}

const said = ({ tokenCount, tokens, sessionCount, sessions }: Answer) => {
  expect([tokenCount, sessionCount]).toEqual([tokens.length, sessions.length]);
  return [...tokens.map(({ name }) => name), ...sessions.map(({ address }) => address)].toSorted();
};

const tree: readonly Made[] = [
  { name: 'root' },
  { name: 'child', by: 'root' },
  { name: 'link', by: 'child', kind: 'Session' },
  { name: 'grandchild', by: 'link' },
  { name: 'great', by: 'grandchild', kind: 'Session' },
  { name: 'elsewhere', by: 'child', environment: 'prod' },
  { name: 'other' },
  { name: 'of-other', by: 'other' },
];

test('all that hangs on a token is told, and is what goes with it', async () => {
  const graph = await openGraph();
  await made(graph, tree);
  const { token } = await graph.data(`{ token(by: { name: "root" }) { ${FIELDS} } }`);
  const expected = ['child', 'elsewhere', 'grandchild', 'great', 'link'];
  expect(said(token.dependents)).toEqual(expected);
  await graph.data('mutation { deleteToken(by: { name: "root" }) { __typename } }');
  const gone = await graph.db.prisma.change.findMany({ where: { operation: 'DELETE' } });
  expect(
    gone
      .map(
        ({ before }) =>
          (before as { tokenHash?: string; address?: string; name?: string }).name ??
          (before as { address: string }).address,
      )
      .toSorted(),
  ).toEqual([...expected, 'root'].toSorted());
  expect((await graph.db.prisma.token.findMany({ orderBy: { name: 'asc' } })).map(({ name }) => name)).toEqual([
    'of-other',
    'other',
  ]);
});

test('those of many tokens and sessions are each their own', async () => {
  const graph = await openGraph();
  await made(graph, tree);
  const { tokens, sessions } = await graph.data(
    `{ tokens { nodes { name ${FIELDS} } } sessions { nodes { address ${FIELDS} } } }`,
  );
  const of = (rows: { name?: string; address?: string; dependents: Answer }[]) =>
    Object.fromEntries(rows.map(({ name, address, dependents }) => [name ?? address, said(dependents)]));
  expect(of(tokens.nodes)).toEqual({
    root: ['child', 'elsewhere', 'grandchild', 'great', 'link'],
    child: ['elsewhere', 'grandchild', 'great', 'link'],
    grandchild: ['great'],
    elsewhere: [],
    other: ['of-other'],
    'of-other': [],
  });
  expect(of(sessions.nodes)).toEqual({ link: ['grandchild', 'great'], great: [] });
});

test('what one may not see is neither listed nor counted', async () => {
  const graph = await openGraph();
  await made(graph, tree);
  const grant = { action: 'admin', cloud: '*', environment: 'default' } as const;
  const scope: Scope = ['tokens/*', 'users/*', 'sessions/*'].map((target) => ({ ...grant, target }));
  const { token } = await graph.data(`{ token(by: { name: "root" }) { ${FIELDS} } }`, { scope });
  expect(said(token.dependents)).toEqual(['child', 'grandchild', 'great', 'link']);
});

test('of many, a hundred are listed and all are counted', async () => {
  const graph = await openGraph({ calm: true });
  const many = Array.from({ length: 120 }, (_, n) => ({ name: `t${n}`, by: 'root' }));
  await made(graph, [{ name: 'root' }, ...many]);
  const { token } = await graph.data(`{ token(by: { name: "root" }) { ${FIELDS} } }`);
  expect([token.dependents.tokenCount, token.dependents.tokens.length]).toEqual([120, 100]);
});

test('a list of tokens costs as many statements as one of them', async () => {
  const graph = await openGraph({ calm: true });
  await made(graph, [{ name: 'root' }, ...Array.from({ length: 20 }, (_, n) => ({ name: `t${n}`, by: 'root' }))]);
  const cost = async (first: number) => {
    graph.db.clear();
    await graph.data(
      `{ tokens(first: ${first}, orderBy: { field: NAME, direction: ASC }) { nodes { name ${FIELDS} } } }`,
    );
    return graph.db.statements.length;
  };
  expect(await cost(21)).toBeLessThanOrEqual(await cost(1));
});
