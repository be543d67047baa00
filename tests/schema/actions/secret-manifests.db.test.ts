// Secrets in manifests, in history and in undo: all of them know the reference alone.
import { describe, expect, test } from 'vitest';
import { openGraph, type TestGraph } from '../../support/graph.ts';
import { SECRET_KEY } from '../../support/secrets.ts';

const [FIRST, SECOND] = ['hunter2-6f1c', 'hunter3-77ab'] as const;

const open = () => openGraph({ calm: true, key: SECRET_KEY });

/** The manifest of a secret that says this. */
const manifest = (spec: object, metadata: object = {}) => ({
  apiVersion: 'lab/v1',
  kind: 'Secret',
  metadata: { name: 'bmc', ...metadata },
  spec,
});

const apply = async ({ data }: TestGraph, one: object, more: object = {}) =>
  (
    await data(
      `mutation ($input: ApplyManifestsInput!) { applyManifests(input: $input) { __typename
        ... on AppliedManifests { outcomes { outcome changes { path before after } } }
        ... on ManifestProblems { problems { type path message remedy } } } }`,
      { variables: { input: { manifests: [one], ...more } } },
    )
  )['applyManifests'];

const outcome = async (graph: TestGraph, one: object, more?: object) => {
  const { outcomes, problems } = await apply(graph, one, more);
  expect(problems).toBeUndefined();
  return outcomes[0];
};

const read = async ({ data }: TestGraph, at?: string) =>
  (
    await data('query ($at: Revision) { secret(by: { name: "bmc" }, at: $at) { secretRef description revision } }', {
      variables: { at },
    })
  )['secret'];

const refOf = async (graph: TestGraph): Promise<string> => (await read(graph)).secretRef;

const latest = async ({ db }: TestGraph) => (await db.prisma.head.findFirstOrThrow()).rev;

const undo = async ({ data }: TestGraph, revision: bigint, dryRun = false) =>
  (
    await data(
      `mutation ($revision: Revision!, $dryRun: Boolean) { undoChange(revision: $revision, dryRun: $dryRun) { __typename
        ... on Undone { operation note changes { field before after } } ... on UserError { message remedy } } }`,
      { variables: { revision: `rev:${revision}`, dryRun } },
    )
  )['undoChange'];

/** Tries to undo a change, and undoes it: both say the same. */
const undoTried = async (graph: TestGraph, revision: bigint) => {
  const tried = await undo(graph, revision, true);
  expect(await undo(graph, revision)).toEqual(tried);
  return tried;
};

describe('a manifest', () => {
  test('with a value makes a secret, sets it, and then changes nothing', async () => {
    const graph = await open();
    const made = await outcome(graph, manifest({ value: FIRST, description: 'Rack A' }));
    const first = await refOf(graph);
    expect(made).toEqual({
      outcome: 'CREATED',
      changes: [
        { path: 'spec.description', before: null, after: 'Rack A' },
        { path: 'spec.secretRef', before: null, after: first },
      ],
    });
    expect((await outcome(graph, manifest({ value: FIRST, description: 'Rack A' }))).outcome).toBe('UNCHANGED');
    expect(await refOf(graph)).toBe(first);
    const replaced = await outcome(graph, manifest({ value: SECOND, description: 'Rack A' }));
    const second = await refOf(graph);
    expect(replaced).toEqual({
      outcome: 'CONFIGURED',
      changes: [{ path: 'spec.secretRef', before: first, after: second }],
    });
  });

  test('without a value, or with the reference that it was got with, keeps it', async () => {
    const graph = await open();
    await outcome(graph, manifest({ value: FIRST }));
    const secretRef = await refOf(graph);
    expect((await outcome(graph, manifest({}))).outcome).toBe('UNCHANGED');
    expect((await outcome(graph, manifest({ secretRef }))).outcome).toBe('UNCHANGED');
    expect((await outcome(graph, manifest({ secretRef: null }))).outcome).toBe('UNCHANGED');
    expect((await outcome(graph, manifest({ secretRef, description: 'Rack B' }))).changes).toEqual([
      { path: 'spec.description', before: '', after: 'Rack B' },
    ]);
    expect(await refOf(graph)).toBe(secretRef);
    // With both, the value is replaced if it is still that one.
    expect((await outcome(graph, manifest({ secretRef, value: SECOND, description: 'Rack B' }))).outcome).toBe(
      'CONFIGURED',
    );
    expect(await refOf(graph)).not.toBe(secretRef);
  });

  test('with another reference is a conflict, whether forced or not, and with a value as well', async () => {
    const graph = await open();
    await outcome(graph, manifest({ value: FIRST }));
    const secretRef = await refOf(graph);
    await outcome(graph, manifest({ value: SECOND }));
    const conflict = {
      type: 'Conflict',
      path: 'spec.secretRef',
      message: 'spec.secretRef of secret "bmc" is another one by now.',
      remedy: 'Leave it out and the value stays; to replace that give spec.value, or read the secret again.',
    };
    for (const spec of [{ secretRef }, { secretRef, value: FIRST }, { secretRef, description: 'Rack A' }])
      for (const more of [{}, { force: true }, { dryRun: true }, { asRead: true }])
        expect((await apply(graph, manifest(spec), more)).problems).toEqual([conflict]);
    expect((await read(graph)).description).toBe('');
  });

  test('with a reference alone makes none: labd does not have its value', async () => {
    const graph = await open();
    const { problems } = await apply(graph, manifest({ secretRef: '00000000-0000-4000-8000-000000000000' }));
    expect(problems.map(({ type, path, message }: Record<string, string>) => ({ type, path, message }))).toEqual([
      { type: 'InvalidInput', path: 'spec.value', message: 'It is missing: no secret is made without.' },
      {
        type: 'Conflict',
        path: 'spec.secretRef',
        message: 'There is no secret "bmc", and no spec.secretRef of it.',
      },
    ]);
  });

  test('tried says what would become of it, and writes nothing', async () => {
    const graph = await open();
    await outcome(graph, manifest({ value: FIRST }));
    const secretRef = await refOf(graph);
    const tried = await outcome(graph, manifest({ value: SECOND }), { dryRun: true });
    expect(tried).toMatchObject({ outcome: 'CONFIGURED', changes: [{ path: 'spec.secretRef', before: secretRef }] });
    expect(await refOf(graph)).toBe(secretRef);
    expect(await graph.db.prisma.sealedSecret.count()).toBe(2);
  });

  test.each([
    ['no text', { value: 5 }, 'spec.value', 'It has to be a text, and without quotes it is a number.'],
    ['empty', { value: '' }, 'spec.value', 'It is empty.'],
    ['too long', { value: FIRST.repeat(6_000) }, 'spec.value', 'It has 72,000 bytes.'],
    ['a field that is not there', { valeu: FIRST }, 'spec.valeu', 'There is no field "valeu" here.'],
  ])('with a value that is %s is told without it', async (_what, spec, path, message) => {
    const graph = await open();
    const { problems } = await apply(graph, manifest(spec));
    expect(problems).toContainEqual(expect.objectContaining({ type: 'InvalidInput', path, message }));
    expect(JSON.stringify(problems)).not.toContain(FIRST);
  });

  test('of another manager does not take the value over in silence', async () => {
    const graph = await open();
    await outcome(graph, manifest({ value: FIRST }), { manager: 'a' });
    const { problems } = await apply(graph, manifest({ value: SECOND }), { manager: 'b' });
    expect(problems).toMatchObject([{ type: 'Conflict', path: 'spec.value' }]);
    expect((await outcome(graph, manifest({ value: FIRST }), { manager: 'b' })).outcome).toBe('UNCHANGED');
    expect((await outcome(graph, manifest({ value: SECOND }), { manager: 'b', takeOver: true })).outcome).toBe(
      'CONFIGURED',
    );
  });

  test('pruned takes what is sealed with it', async () => {
    const graph = await open();
    await outcome(graph, manifest({ value: FIRST }), { set: 'site' });
    const other = { apiVersion: 'lab/v1', kind: 'Cluster', metadata: { name: 'c' } };
    await outcome(graph, other, { set: 'site', prune: true });
    expect(await read(graph)).toBeNull();
    expect(await graph.db.prisma.sealedSecret.count()).toBe(1);
  });
});

describe('history', () => {
  test('has the reference of then', async () => {
    const graph = await open();
    await outcome(graph, manifest({ value: FIRST }));
    const before = await read(graph);
    await outcome(graph, manifest({ value: SECOND }));
    const after = await read(graph);
    expect(await read(graph, before.revision)).toMatchObject({ secretRef: before.secretRef });
    expect(await read(graph, after.revision)).toMatchObject({ secretRef: after.secretRef });
    const { secret } = await graph.data(
      '{ secret(by: { name: "bmc" }) { history(first: 1) { nodes { changes { field before after } } } } }',
    );
    expect(secret.history.nodes[0].changes).toEqual([
      { field: 'secretRef', before: before.secretRef, after: after.secretRef },
    ]);
  });
});

describe('undoing', () => {
  test('a replaced value is refused: the change log does not have the one before', async () => {
    const graph = await open();
    await outcome(graph, manifest({ value: FIRST }));
    await outcome(graph, manifest({ value: SECOND }));
    const rev = await latest(graph);
    expect(await undoTried(graph, rev)).toEqual({
      __typename: 'Conflict',
      message: `Revision ${rev} cannot be undone: it replaced the value of secret "bmc", and the change log keeps no such value.`,
      remedy: 'Give the value that it had anew: lab edit, or lab apply with spec.value.',
    });
  });

  test('a change of more than the value sets the rest back, and says that the value stays', async () => {
    const graph = await open();
    await outcome(graph, manifest({ value: FIRST, description: 'Rack A' }));
    await outcome(graph, manifest({ value: SECOND, description: 'Rack B' }, { labels: { a: 'b' } }));
    const secretRef = await refOf(graph);
    expect(await undoTried(graph, await latest(graph))).toEqual({
      __typename: 'Undone',
      operation: 'UPDATE',
      note: 'Its value stays as it is: the change log keeps no values, so that an earlier one cannot come back.',
      changes: [
        { field: 'description', before: 'Rack B', after: 'Rack A' },
        { field: 'labels', before: { a: 'b' }, after: {} },
      ],
    });
    expect(await read(graph)).toMatchObject({ secretRef, description: 'Rack A' });
  });

  test('its deletion is refused: it would come back without its value', async () => {
    const graph = await open();
    await outcome(graph, manifest({ value: FIRST }));
    await graph.data('mutation { deleteSecret(by: { name: "bmc" }) { __typename } }');
    const rev = await latest(graph);
    expect(await undoTried(graph, rev)).toEqual({
      __typename: 'Conflict',
      message: `Revision ${rev} cannot be undone: secret "bmc" had a value that is not in the change log.`,
      remedy: 'Make a new one.',
    });
  });

  test('its creation deletes it, unless its value was replaced since', async () => {
    const graph = await open();
    await outcome(graph, manifest({ value: FIRST }));
    const made = await latest(graph);
    await outcome(graph, manifest({ value: SECOND }));
    expect(await undo(graph, made, true)).toMatchObject({ __typename: 'Conflict' });
    await graph.data('mutation { deleteSecret(by: { name: "bmc" }) { __typename } }');
    await outcome(graph, manifest({ value: FIRST }));
    expect(await undoTried(graph, await latest(graph))).toMatchObject({
      operation: 'DELETE',
      note: 'Its value goes with it for good: the change log keeps no values.',
    });
    expect(await graph.db.prisma.sealedSecret.count()).toBe(1);
  });
});
