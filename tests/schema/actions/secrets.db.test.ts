// Secrets in the graph: a value comes in and is never told; what stands for it says when it was replaced.
import { describe, expect, test } from 'vitest';
import type { Scope } from '../../../server/domain/access/caller.ts';
import { readGrant } from '../../../server/domain/grants.ts';
import { openGraph, type TestGraph } from '../../support/graph.ts';
import { SECRET_KEY } from '../../support/secrets.ts';

const scope = (...permissions: string[]): Scope => permissions.map(readGrant);
/** What no answer and no table but the sealed one may have. */
const MARKER = 'hunter2-6f1c';
const NEXT = 'hunter3-77ab';

const open = (key: string | undefined = SECRET_KEY) => openGraph({ calm: true, ...(key && { key }) });

interface Said {
  __typename: string;
  message?: string;
  remedy?: string;
  code?: string | null;
  field?: string;
  permission?: string;
  secretRef?: string;
}

async function mutate({ ask }: TestGraph, field: string, args: object, by?: Scope): Promise<Said> {
  const verb = /^[a-z]+/.exec(field)![0];
  const type = `${verb.charAt(0).toUpperCase()}${field.slice(1)}Input`;
  const [of, given] =
    verb === 'create'
      ? ['($input: ' + type + '!)', '(input: $input)']
      : verb === 'update'
        ? ['($by: SecretBy!, $input: ' + type + '!)', '(by: $by, input: $input)']
        : ['($by: SecretBy!)', '(by: $by)'];
  const text = `mutation ${of} { it: ${field}${given} { __typename ... on Secret { secretRef }
    ... on UserError { message remedy } ... on InvalidInput { field } ... on Conflict { code } ... on Forbidden { permission } } }`;
  const { data, errors } = await ask(text, { variables: args as Record<string, unknown>, ...(by && { scope: by }) });
  expect(errors).toBeUndefined();
  return data!['it'] as Said;
}

const create = (graph: TestGraph, input: object = {}, by?: Scope) =>
  mutate(graph, 'createSecret', { input: { name: 'bmc', value: MARKER, ...input } }, by);
const update = (graph: TestGraph, input: object, by?: Scope) =>
  mutate(graph, 'updateSecret', { by: { name: 'bmc' }, input }, by);

const sealed = async ({ db }: TestGraph) =>
  (await db.prisma.sealedSecret.findMany({ orderBy: { name: 'asc' } })).map(({ name }) => name);

/** All rows of all tables, as text. */
async function dump({ db }: TestGraph): Promise<string> {
  const tables = await db.prisma.$queryRaw<{ name: string }[]>`
    SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY table_name`;
  const rows: string[] = [];
  for (const { name } of tables) {
    const all = await db.prisma.$queryRawUnsafe<{ row: string }[]>(
      `SELECT to_jsonb(t)::text AS row FROM "${name}" AS t`,
    );
    rows.push(...all.map(({ row }) => row));
  }
  return rows.join('\n');
}

describe('a secret', () => {
  test('is sealed under a reference, which changes if and only if the value does', async () => {
    const graph = await open();
    const { secretRef: first } = await create(graph);
    expect(first).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
    expect(await sealed(graph)).toEqual(['check', `secret/${first}`]);
    expect((await update(graph, { value: MARKER })).secretRef).toBe(first);
    expect((await update(graph, { description: 'Rack A', labels: { rack: 'a' } })).secretRef).toBe(first);
    expect((await update(graph, { name: 'bmc' })).secretRef).toBe(first);
    const { secretRef: second } = await update(graph, { value: NEXT });
    expect(second).not.toBe(first);
    expect(await sealed(graph)).toEqual(['check', `secret/${second}`]);
    const { secretRef: third } = await update(graph, { value: MARKER });
    expect(new Set([first, second, third]).size).toBe(3);
    // What stands for equal values of two secrets says nothing of that.
    expect((await create(graph, { name: 'other' })).secretRef).not.toBe(third);
  });

  test('goes with what is sealed of it, and its name is free again', async () => {
    const graph = await open();
    await create(graph);
    await mutate(graph, 'deleteSecret', { by: { name: 'bmc' } });
    expect(await sealed(graph)).toEqual(['check']);
    expect(await create(graph)).toMatchObject({ __typename: 'Secret' });
    expect(await create(graph)).toMatchObject({ __typename: 'Conflict', message: 'There is a secret "bmc" already.' });
    expect((await sealed(graph)).length).toBe(2);
  });

  test('whose sealed row was changed where it lies, or removed, is replaced by whatever comes', async () => {
    const graph = await open();
    const { secretRef: first } = await create(graph);
    const where = { name: `secret/${first}` };
    await graph.db.prisma.sealedSecret.update({ where, data: { ciphertext: 'x' } });
    const { secretRef: second } = await update(graph, { value: MARKER });
    expect(second).not.toBe(first);
    await graph.db.prisma.sealedSecret.deleteMany({ where: { name: `secret/${second}` } });
    expect((await update(graph, { value: MARKER })).secretRef).not.toBe(second);
    expect((await sealed(graph)).length).toBe(2);
  });

  test.each([
    ['empty', '', 'It is empty.', 'Give a value, or delete the secret.'],
    ['longer than 64 KiB', 'x'.repeat(65_537), 'It has 65,537 bytes.', 'Use at most 65,536.'],
    ['longer than that in UTF-8', 'é'.repeat(32_769), 'It has 65,538 bytes.', 'Use at most 65,536.'],
    ['half a character', `${MARKER}\ud800`, 'It is no text.', 'Encode what is no text, such as with base64.'],
  ])('is not %s', async (_what, value, message, remedy) => {
    const graph = await open();
    const wrong = { __typename: 'InvalidInput', field: 'input.value', message, remedy };
    expect(await create(graph, { value })).toEqual(wrong);
    await create(graph);
    expect(await update(graph, { value })).toEqual(wrong);
  });

  test('may be any text up to 64 KiB, with lines, NULs and quotes', async () => {
    const graph = await open();
    for (const [i, value] of ['x'.repeat(65_536), 'a\u0000b', '-----BEGIN\n"\'\\\n', ' '].entries()) {
      const { secretRef } = await create(graph, { name: `s${i}`, value });
      const again = await mutate(graph, 'updateSecret', { by: { name: `s${i}` }, input: { value } });
      expect(again.secretRef).toBe(secretRef);
    }
  });
});

describe('without a key', () => {
  test('none is stored, and nothing is written: the error has a code, and says how a key is made', async () => {
    const graph = await open('');
    const refused = {
      __typename: 'Conflict',
      code: 'NO_SECRET_KEY',
      message: 'labd stores no secrets without a key to encrypt them with.',
      remedy:
        'Start each labd with one and the same in LABD_KEY or LABD_KEY_FILE; make it with: openssl rand -base64 32',
    };
    expect(await create(graph)).toEqual(refused);
    const manifest = { apiVersion: 'lab/v1', kind: 'Secret', metadata: { name: 'bmc' }, spec: { value: MARKER } };
    const { applyManifests } = await graph.data(
      `mutation ($input: ApplyManifestsInput!) { applyManifests(input: $input) { __typename
        ... on ManifestProblems { problems { type path message remedy } } } }`,
      { variables: { input: { manifests: [manifest] } } },
    );
    const { __typename: type, message, remedy } = refused;
    expect(applyManifests.problems).toEqual([{ type, path: '', message, remedy }]);
    expect(await graph.db.prisma.secret.count()).toBe(0);
    expect(await graph.db.prisma.change.count({ where: { kind: 'Secret' } })).toBe(0);
  });
});

describe('permission', () => {
  const read = scope('read:*:*:secrets/*');

  test('to read one says nothing of its value, and not whether a value is right', async () => {
    const graph = await open();
    await create(graph);
    const guesses = [await update(graph, { value: MARKER }, read), await update(graph, { value: NEXT }, read)];
    expect(guesses[0]).toMatchObject({ __typename: 'Forbidden', permission: 'apply:default:default:secrets/bmc' });
    expect(guesses[1]).toEqual(guesses[0]);
    const by = scope('read:*:*:secrets/*', 'apply:*:*:clusters/*');
    for (const value of [MARKER, NEXT]) {
      const manifest = { apiVersion: 'lab/v1', kind: 'Secret', metadata: { name: 'bmc' }, spec: { value } };
      const { applyManifests } = await graph.data(
        `mutation ($input: ApplyManifestsInput!) { applyManifests(input: $input) { __typename
          ... on ManifestProblems { problems { type permission } } } }`,
        { variables: { input: { manifests: [manifest], dryRun: true } }, scope: by },
      );
      expect(applyManifests.problems).toEqual([{ type: 'Forbidden', permission: 'apply:default:default:secrets/bmc' }]);
    }
  });

  test('is needed to see it, to make it and to delete it', async () => {
    const graph = await open();
    await create(graph);
    const servers = scope('read:*:*:servers/*', 'apply:*:*:servers/*', 'destroy:*:*:servers/*');
    expect(await create(graph, { name: 'mine' }, servers)).toMatchObject({ __typename: 'Forbidden' });
    expect(await mutate(graph, 'deleteSecret', { by: { name: 'bmc' } }, read)).toMatchObject({
      __typename: 'Forbidden',
      permission: 'destroy:default:default:secrets/bmc',
    });
    const dev = scope('read:*:dev:secrets/*', 'apply:*:dev:secrets/*', 'destroy:*:dev:secrets/*');
    expect(await update(graph, { value: NEXT }, dev)).toMatchObject({ __typename: 'NotFound' });
    expect((await graph.data('{ secrets { nodes { name } } }', { scope: dev }))['secrets'].nodes).toEqual([]);
  });
});

test('nothing tells a value: no table, change, audit entry, event or answer', async () => {
  const graph = await open();
  const answers: unknown[] = [];
  answers.push(await create(graph), await update(graph, { value: NEXT }), await update(graph, { value: MARKER }));
  answers.push(await create(graph), await create(graph, { name: 'BMC' }), await create(graph, {}, scope()));
  answers.push(await mutate(graph, 'deleteSecret', { by: { name: 'bmc' } }), await create(graph));
  answers.push(
    await graph.data(`{
      secrets { nodes { name description labels secretRef history { nodes { changes { field before after } } } } }
      events { nodes { changes { field before after } } }
      auditEntries { nodes { action before after changes { field before after } } } }`),
  );
  const text = JSON.stringify(answers) + (await dump(graph));
  expect(text).toContain('secretRef');
  for (const value of [MARKER, NEXT])
    for (const spelling of [value, Buffer.from(value).toString('base64url'), Buffer.from(value).toString('hex')])
      expect(text).not.toContain(spelling);
  const [changes] = await graph.db.prisma.change.findMany({ where: { kind: 'Secret' }, orderBy: { rev: 'asc' } });
  expect(Object.keys(changes!.after as object)).not.toContain('value');
});
