// Labels have an owner each: what one manager says of its labels leaves those of others alone.
import { expect, test } from 'vitest';
import { openGraph, type TestGraph } from '../../support/graph.ts';
import { apply, manifest, rows, said, wrong } from '../manifests.ts';

const cluster = (labels: object | null, spec: object = {}) => [manifest('Cluster', 'k', spec, { labels })];
const labelsIn = async ({ data }: TestGraph) =>
  (await data('{ cluster(by: { name: "k" }) { labels } }')).cluster.labels as object;
const ownersIn = async ({ db }: TestGraph) => (await db.prisma.cluster.findFirstOrThrow()).managers;

test('the same manifests again change nothing, whatever labels others set meanwhile', async () => {
  const graph = await openGraph();
  await apply(graph, cluster({ rack: 'a1', 'lab.example/tier': 'gold' }), { manager: 'git' });
  const read = (await graph.data('{ cluster(by: { name: "k" }) { revision labels } }')).cluster;
  const labelled = cluster({ ...read.labels, owner: 'ann' });
  expect(said(await apply(graph, labelled, { manager: 'lab-label', takeOver: true, asRead: true }))).toEqual([
    'Cluster/k CONFIGURED',
  ]);
  const before = await rows(graph);
  expect(said(await apply(graph, cluster({ rack: 'a1', 'lab.example/tier': 'gold' }), { manager: 'git' }))).toEqual([
    'Cluster/k UNCHANGED',
  ]);
  expect(await rows(graph)).toBe(before);
  expect(await ownersIn(graph)).toEqual({
    name: 'git',
    'labels.rack': 'git',
    'labels.lab.example/tier': 'git',
    'labels.owner': 'lab-label',
  });
});

test.each([
  ['a manifest that says fewer', { rack: 'a1' }],
  ['null', null],
  ['no word about labels', undefined],
])('%s takes its own labels away, and keeps those of others', async (_called, labels) => {
  const graph = await openGraph();
  await apply(graph, cluster({ rack: 'a1', row: '7' }), { manager: 'git' });
  await apply(graph, cluster({ owner: 'ann' }), { manager: 'ann' });
  expect(await labelsIn(graph)).toEqual({ rack: 'a1', row: '7', owner: 'ann' });
  const told = labels === undefined ? [manifest('Cluster', 'k')] : cluster(labels);
  const answer = await apply(graph, told, { manager: 'git' });
  expect(answer.outcomes).toMatchObject([{ outcome: 'CONFIGURED', changes: [{ path: 'metadata.labels' }] }]);
  expect(await labelsIn(graph)).toEqual({ ...labels, owner: 'ann' });
  expect(said(await apply(graph, told, { manager: 'git' }))).toEqual(['Cluster/k UNCHANGED']);
});

test('over one label there is a conflict, which names it; taken over, it changes owner and no other does', async () => {
  const graph = await openGraph();
  await apply(graph, cluster({ rack: 'a1', row: '7' }), { manager: 'git' });
  expect(wrong(await apply(graph, cluster({ rack: 'b2', new: 'x' }), { manager: 'ann' }))).toEqual([
    '0 metadata.labels.rack Conflict: metadata.labels.rack of cluster "k" was set by git, to another value.',
  ]);
  await apply(graph, cluster({ rack: 'b2', new: 'x' }), { manager: 'ann', takeOver: true });
  expect(await labelsIn(graph)).toEqual({ rack: 'b2', row: '7', new: 'x' });
  expect(await ownersIn(graph)).toMatchObject({ 'labels.rack': 'ann', 'labels.row': 'git', 'labels.new': 'ann' });
});

test('a label that was changed since the revision is not overwritten; one beside it may be', async () => {
  const graph = await openGraph();
  await apply(graph, cluster({ rack: 'a1', row: '7' }), { manager: 'git' });
  const { revision } = (await graph.data('{ cluster(by: { name: "k" }) { revision } }')).cluster;
  const change = (labels: object) =>
    apply(graph, [manifest('Cluster', 'k', {}, { labels, revision })], { manager: 'ann', takeOver: true });
  await apply(graph, cluster({ rack: 'c3', row: '7' }), { manager: 'git' });
  expect(wrong(await change({ rack: 'b2' }))).toEqual([
    `0 metadata.labels.rack Conflict: metadata.labels.rack of cluster "k" was changed since ${revision}.`,
  ]);
  expect(said(await change({ row: '8' }))).toEqual(['Cluster/k CONFIGURED']);
  expect(await labelsIn(graph)).toEqual({ rack: 'c3', row: '8' });
});

test('owners that were kept for all labels together are owners of each', async () => {
  const graph = await openGraph();
  await apply(graph, cluster({ rack: 'a1', row: '7' }), { manager: 'git' });
  await graph.db.prisma.cluster.updateMany({ data: { managers: { name: 'git', labels: 'git' } } });
  expect(said(await apply(graph, cluster({ rack: 'a1', row: '7' }), { manager: 'git' }))).toEqual([
    'Cluster/k UNCHANGED',
  ]);
  expect(wrong(await apply(graph, cluster({ row: '8' }), { manager: 'ann' }))).toEqual([
    expect.stringContaining('metadata.labels.row of cluster "k" was set by git'),
  ]);
  await apply(graph, cluster({ owner: 'ann' }), { manager: 'ann' });
  expect(await ownersIn(graph)).toEqual({
    name: 'git',
    'labels.rack': 'git',
    'labels.row': 'git',
    'labels.owner': 'ann',
  });
  await apply(graph, cluster({ row: '7' }), { manager: 'git' });
  expect(await labelsIn(graph)).toEqual({ row: '7', owner: 'ann' });
});

test('what is no text is told for each label, with the quotes that it wants, beside all other mistakes', async () => {
  const graph = await openGraph();
  const labels = { version: 1.1, on: true, none: null, list: ['a'], good: 'x', 'bad key': 'y', long: 'z'.repeat(64) };
  const answer = await apply(graph, [
    manifest('Cluster', 'k', { kind: 7, endpoint: false, colour: 'red' }, { labels }),
  ]);
  expect(answer.problems.map(({ path, message, remedy }) => [path, message.slice(0, 56), remedy.slice(0, 32)])).toEqual(
    [
      ['spec.colour', 'There is no field "colour" here.', expect.stringContaining('There are: ')],
      ['spec.kind', 'It has to be a text, and without quotes it is a number.', 'Put it in quotes.'],
      ['spec.endpoint', 'It has to be a text, and without quotes it is true or fa', 'Put it in quotes.'],
      ['metadata.labels.version', 'It has to be a text, and without quotes it is a number.', 'Put it in quotes.'],
      ['metadata.labels.on', 'It has to be a text, and without quotes it is true or fa', 'Put it in quotes.'],
      ['metadata.labels.none', 'It has to be a text.', 'Write one word, or take the labe'],
      ['metadata.labels.list', 'It has to be a text.', 'Write one word, or take the labe'],
      ['metadata.labels', '"bad key" is not a label key.', 'Use letters, digits, dashes, dot'],
      ['metadata.labels.long', expect.stringContaining('"zzzz'), 'Use at most 63 letters, digits, '],
    ],
  );
});
