// Secrets on the command line: values come in by every way there is, and none of them comes out again.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { SECRET_KEY } from '../../support/secrets.ts';
import { type Ended, runLab, shareSite } from '../support.ts';

const MARKER = 'hunter2-6f1c';
const NEXT = 'hunter3-77ab';

const folder = mkdtempSync(join(tmpdir(), 'lab-secret-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, text: string | Buffer) => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

const site = shareSite(() => Promise.resolve(), { LABD_KEY: SECRET_KEY });

/** All that lab has said */
const said: string[] = [];

async function lab(line: string, { input = '', env = {} }: { input?: string; env?: Record<string, string> } = {}) {
  const ended: Ended = await runLab(line.split(' '), { ...site.env, ...env }, input);
  said.push(ended.out, ended.err);
  return ended;
}

const refOf = async (name: string): Promise<string> => {
  const { spec } = JSON.parse((await lab(`get secret ${name} -o json`)).out) as { spec: { secretRef: string } };
  return spec.secretRef;
};

const manifest = (spec: string) =>
  `apiVersion: lab/v1\nkind: Secret\nmetadata:\n  name: applied\nspec:\n${spec
    .split('\n')
    .map((line) => `  ${line}\n`)
    .join('')}`;

describe('create', () => {
  test('takes the value from a file, standard input or a variable: the same text, without the newline at its end', async () => {
    const path = file('value', `${MARKER}\n`);
    expect(await lab(`create secret a --from-file ${path} -l rack=a`)).toEqual({
      code: 0,
      out: 'secret/a created\n',
      err: '',
    });
    await lab('create secret b --from-file -', { input: `${MARKER}\n` });
    await lab('create secret c --from-env PASSWORD', { env: { PASSWORD: MARKER } });
    for (const name of ['a', 'b', 'c']) {
      const one = manifest(`value: ${MARKER}`).replace('applied', name);
      expect((await lab('diff -f - --force', { input: one })).code).toBe(0);
      expect((await lab('diff -f - --force', { input: one.replace(MARKER, NEXT) })).code).toBe(1);
    }
  });

  test.each([
    ['--from-file -', '', 2, 'Nothing came on standard input.'],
    ['--from-file /nowhere', '', 2, 'The file /nowhere cannot be read'],
    ['--from-env NOPE', '', 2, 'The environment has no variable of the name that was given.'],
    ['', '', 2, 'Nobody is there to be asked for: Value.'],
    ['--prompt', '', 2, 'Nobody is there to be asked for: Value.'],
    ['--from-env A --prompt', '', 2, 'cannot also be provided'],
    ['--from-file -', MARKER.repeat(6_000), 1, '--from-file: It has 72,000 bytes.'],
    ['--value x', '', 2, '--value'],
  ])('with %s says what is wrong', async (flags, input, code, message) => {
    const ended = await lab(`create secret wrong ${flags}`.trim(), { input });
    expect(ended).toMatchObject({ code, out: '', err: expect.stringContaining(message) });
    expect((await lab('get secret wrong')).code).toBe(3);
  });

  test('with what is no text says so', async () => {
    const path = file('bytes', Buffer.from([0xff, 0xfe, 0x00]));
    const { err, code } = await lab(`create secret wrong --from-file ${path}`);
    expect({ err, code }).toEqual({
      code: 2,
      err: `Error: The file ${path} is no text.\nEncode it, such as with base64, and decode it where it is used.\n`,
    });
  });
});

test('a value in the place of the name of its variable is not repeated', async () => {
  const { code, out, err } = await lab(`create secret mistaken --from-env ${MARKER}`);
  expect([code, out]).toEqual([2, '']);
  expect(err).not.toContain(MARKER);
  expect(err).toContain('not its value');
});

test('a manifest makes it, keeps its value, replaces it, and is refused with an earlier reference', async () => {
  const apply = async (spec: string) => lab('apply -f -', { input: manifest(spec) });
  expect((await apply(`value: ${MARKER}\ndescription: Rack A`)).out).toBe('secret/applied created\n');
  const first = await refOf('applied');
  const got = await lab('get secret applied -o yaml');
  expect((await lab('apply -f -', { input: got.out })).out).toBe('secret/applied unchanged\n');
  expect((await apply('description: Rack B')).out).toBe('secret/applied configured\n');
  expect(await refOf('applied')).toBe(first);
  const diff = await lab('diff -f -', { input: manifest(`value: ${NEXT}\ndescription: Rack B`) });
  expect(diff.out).toContain(`-  secretRef: ${first}\n+  secretRef: `);
  expect((await apply(`value: ${NEXT}\ndescription: Rack B`)).out).toBe('secret/applied configured\n');
  const second = await refOf('applied');
  expect(second).not.toBe(first);
  const stale = await lab('apply -f -', { input: got.out });
  expect(stale.code).toBe(1);
  expect(stale.err).toContain('spec.secretRef of secret "applied" is another one by now.');
  // The same field with a wrong name, or a value of another type.
  for (const spec of [`valeu: ${MARKER}`, `value: [${MARKER}]`, `value: {a: ${MARKER}}`])
    expect((await apply(spec)).code).toBe(1);
  const edited = await lab('edit secret applied', {
    env: { EDITOR: `sed -i 's/^  secretRef:.*/  value: ${MARKER}/'` },
  });
  expect(edited.out).toBe('secret/applied edited\n');
  expect(await refOf('applied')).not.toBe(second);
  await lab('label secret applied rack=b');
  expect(await refOf('applied')).not.toBe(second);
});

test('nothing that lab says has a value, in any format, and neither has --show-query', async () => {
  await lab('create secret last --from-env PASSWORD --show-query', { env: { PASSWORD: MARKER } });
  await lab('apply -f - --show-query', { input: manifest(`value: ${NEXT}`) });
  await lab('rename secret last latest');
  for (const line of [
    ...['wide', 'json', 'yaml', 'name', 'jsonpath={.items[*].spec}'].map((format) => `get secrets -o ${format}`),
    'describe secret applied',
    'history secret applied',
    'history secret applied --blame',
    'history secret applied -o json',
    'get events -o json',
    'get audit -o json',
    'delete secret latest --yes',
    'explain secret',
    'doctor',
  ])
    await lab(line);
  const { out } = await lab('history secret applied -o json');
  const revisions = [...out.matchAll(/"revision": ?"[^"]*\.(\d+)"/g)].map(([, rev]) => rev);
  expect(revisions.length).toBeGreaterThan(3);
  for (const revision of revisions) await lab(`undo ${revision} --dry-run`);
  const all = said.join('\n');
  expect(all).toContain('"value": "(not shown)"');
  expect(all).not.toContain(MARKER);
  expect(all).not.toContain(NEXT);
});
