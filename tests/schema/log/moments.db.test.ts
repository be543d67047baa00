// Moments as operations give them: what is taken, and what is refused with the field's name and what to write.
import { expect, test } from 'vitest';
import { openGraph, type TestGraph } from '../../support/graph.ts';

const written = (graph: TestGraph, since: string) => [
  graph.ask(`{ auditEntries(filter: { since: "${since}" }) { totalCount } }`),
  graph.ask('query ($filter: AuditEntryFilter) { auditEntries(filter: $filter) { totalCount } }', {
    variables: { filter: { since } },
  }),
];

test('a filter takes a moment with its offset, a day, and how long ago', async () => {
  const graph = await openGraph({ calm: true });
  await graph.data('mutation { createNetwork(input: { name: "lab", cidr: "10.0.0.0/24" }) { __typename } }');
  const { at } = await graph.db.prisma.change.findFirstOrThrow({ orderBy: { rev: 'desc' } });
  const day = (days: number) => new Date(at.getTime() + days * 86_400_000).toISOString().slice(0, 10);
  const counts: [since: string, count: number][] = [
    [at.toISOString().replace('Z', '+00:00'), 1],
    [day(0), 1],
    [day(1), 0],
    ['1h', 1],
  ];
  for (const [since, totalCount] of counts)
    for (const answer of await Promise.all(written(graph, since)))
      expect(answer, since).toEqual({ data: { auditEntries: { totalCount } } });
  const past = 'query ($time: DateTime!) { revisionAt(time: $time) }';
  const { revisionAt } = await graph.data(past, { variables: { time: '0s' } });
  expect(await graph.data(past, { variables: { time: day(1) } })).toEqual({ revisionAt });
  expect((await graph.data(past, { variables: { time: '1d' } })).revisionAt).not.toBe(revisionAt);
});

test.each([
  ['Nov 27', 'is no moment'],
  ['2026-02-30', 'is a time that there is not'],
  ['2026-11-27T12:00:00', 'has no offset from UTC'],
])('a filter refuses "%s", and names the field and the remedy', async (since, problem) => {
  const graph = await openGraph({ calm: true });
  for (const attempt of written(graph, since)) {
    const failure = await attempt.then(
      ({ errors }) => errors![0]!.message,
      (error: Error) => error.message,
    );
    expect(failure).toContain(problem);
    expect(failure).toContain('Write 2026-01-31T12:00:00Z');
    expect(failure).toMatch(/\bsince\b/);
  }
});

test('a filter refuses what is so long ago that no database has the year', async () => {
  const graph = await openGraph({ calm: true });
  const { errors } = await graph.ask('{ auditEntries(filter: { since: "999999d" }) { totalCount } }');
  expect(errors![0]!.message).toBe('"filter.since" is not of the years 1 to 9999.');
});

test('a revision has the time of its change, and one that is none is refused', async () => {
  const graph = await openGraph({ calm: true });
  await graph.data('mutation { createNetwork(input: { name: "lab", cidr: "10.0.0.0/24" }) { __typename } }');
  const { rev, at } = await graph.db.prisma.change.findFirstOrThrow({ orderBy: { rev: 'desc' } });
  expect(await graph.data(`{ timeOf(revision: "rev:${rev}") }`)).toEqual({ timeOf: at.toISOString() });
  expect(await graph.data('{ timeOf(revision: "rev:0") }')).toEqual({ timeOf: null });
  const { errors } = await graph.ask(`{ timeOf(revision: "rev:${rev + 1n}") }`);
  expect(errors![0]).toMatchObject({ extensions: { code: 'BAD_USER_INPUT' } });
});
