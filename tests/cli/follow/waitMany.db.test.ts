// lab wait for several objects, by name, by label and all of a kind, against a real labd.
import { expect, test } from 'vitest';
import { shareSite } from '../support.ts';

const site = shareSite(async ({ lab }) => {
  for (const [name, labels] of [
    ['a', 'rack=1'],
    ['b', 'rack=1'],
    ['c', 'rack=2'],
  ])
    await lab(...`create server ${name} --mac 02:00:00:00:00:0${name} -l ${labels}`.split(' '));
});

const wait = (words: string) => site.lab('wait', ...words.split(' '));

test.each(['servers a b c', 'server/a server/b server/c', 'servers --all'])('%s are all waited for', async (words) => {
  const { code, out, err } = await wait(`${words} --for=status=discovered --timeout 20`);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out.split('\n').filter(Boolean).sort()).toEqual(['a', 'b', 'c'].map((name) => `server/${name} is discovered`));
});

test('those with a label are waited for, the others are not', async () => {
  const { code, out } = await wait('servers -l rack=1 --for status=discovered --timeout 20s');
  expect([code, out.match(/server\/\w/g)]).toEqual([0, ['server/a', 'server/b']]);
});

test('all of them share the time, and each that is not as wanted is told', async () => {
  const begun = performance.now();
  const { code, err } = await wait('servers --all --for=status=installed --timeout 2');
  expect(code).toBe(6);
  expect(err.match(/server\/\w was not installed within 2 s/g)).toEqual(
    ['a', 'b', 'c'].map((name) => `server/${name} was not installed within 2 s`),
  );
  expect(performance.now() - begun).toBeLessThan(5_900);
});

test('one that is missing is told, and the others are waited for all the same', async () => {
  const { code, out, err } = await wait('servers a nobody b --for=status=discovered --timeout 20');
  expect([code, out.match(/server\/\w/g)]).toEqual([3, ['server/a', 'server/b']]);
  expect(err).toMatch('server "nobody" not found');
});

test('until all are deleted; where none is, none is left', async () => {
  const removed = wait('servers -l rack=2 --for=delete --timeout 30');
  await new Promise((done) => setTimeout(done, 1_000));
  await site.ask('mutation { deleteServer(by: { name: "c" }) { __typename } }');
  expect(await removed).toMatchObject({ code: 0, out: 'server/c is deleted\n' });
  expect(await wait('servers -l rack=2 --for=delete')).toMatchObject({ code: 0, out: '' });
  expect(await wait('servers -l rack=2 --for=status=installed')).toMatchObject({ code: 3 });
});

test.each([
  ['60', 0],
  ['60s', 0],
  ['1m30s', 0],
  ['0', 0],
  ['soon', 2],
  ['-5', 2],
  ['1.5', 2],
])('--timeout %s ends with %i', async (timeout, code) => {
  expect(await wait(`server/a --for=status=discovered --timeout ${timeout}`)).toMatchObject({ code });
});

test('no time at all looks once', async () => {
  expect(await wait('server/a --for=status=installed --timeout 0')).toMatchObject({ code: 6 });
});

test('names and labels do not go together, and nothing is not all', async () => {
  for (const words of ['servers a --all', 'servers a -l rack=1', 'servers'])
    expect(await wait(`${words} --for=delete`)).toMatchObject({ code: 2 });
});
