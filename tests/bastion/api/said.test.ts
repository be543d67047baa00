// Output of a sender that counts its lines: each is kept once, however often it is sent and whenever the bastion is killed.
import { cp, lstat, rm } from 'node:fs/promises';
import { expect, onTestFinished, test } from 'vitest';
import type { Bastion } from '../../../bastion/bastion.ts';
import { startFakeLabd } from '../../support/fake-labd.ts';
import { bastionIn, getJson, macOf, post, temporary, until } from '../support.ts';

const mac = macOf(1);

/** A bastion that has a machine installed, and what that says. */
async function installing() {
  const labd = await startFakeLabd();
  const place = await temporary();
  let { dir } = place;
  let bastion: Bastion = await bastionIn(place.dir, { labd: labd.url, simulateBoot: true });
  onTestFinished(async () => {
    await bastion.stop();
    await labd.stop();
    await place.remove();
  });
  labd.order({ id: 'Order:1', kind: 'INSTALL', macs: [mac], serverId: 'Server:1', attempt: 1 });
  const boot = () => getJson<{ token?: string }>(bastion.url, `/api/boot?mac=${mac}`);
  await until(async () => (await boot()).token !== undefined);
  const token = { Authorization: `Bearer ${(await boot()).token}` };
  return {
    say: async (from: number | undefined, lines: string[], more = {}) =>
      (await post(bastion.url, '/api/log', { mac, from, lines, ...more }, token)).body,
    end: () => post(bastion.url, '/api/progress', { mac, stage: 'done', state: 'installed', seq: 1 }, token),
    plain: async (query: string, text: string) => {
      const headers = { ...token, 'Content-Type': 'text/plain' };
      return fetch(new URL(`/api/log?mac=${mac}&${query}`, bastion.url), { method: 'POST', headers, body: text });
    },
    lines: () => labd.items.flatMap(({ body }) => body.log?.lines ?? []),
    /** What labd got of it besides what it knows */
    strange: () =>
      labd.items.flatMap(({ body }) => Object.keys(body)).filter((key) => key !== 'log' && key !== 'progress'),
    /** Goes on from the directory as it was at a moment, as after a kill. */
    async kill() {
      const as = `${dir}-killed`;
      // Sockets say who has the directory.
      const isKept = async (path: string) => !(await lstat(path)).isSocket();
      await cp(dir, as, { recursive: true, filter: isKept });
      onTestFinished(() => rm(as, { recursive: true, force: true }));
      dir = as;
      await bastion.stop();
      bastion = await bastionIn(dir, { labd: labd.url, simulateBoot: true });
    },
  };
}

test('lines that come again from their place are taken once, and those behind them are', async () => {
  const { say, lines, strange } = await installing();
  expect(await say(0, ['a', 'b'])).toEqual({ accepted: true, mac, lines: 2 });
  expect(await say(0, ['a', 'b'])).toEqual({ accepted: true, mac, lines: 2, repeated: 2 });
  expect(await say(0, ['a', 'b', 'c'])).toEqual({ accepted: true, mac, lines: 3, repeated: 2 });
  expect(await say(3, ['c'])).toEqual({ accepted: true, mac, lines: 1 });
  expect(await say(0, ['a', 'b', 'c'])).toMatchObject({ repeated: 3 });
  await until(() => lines().length === 4);
  expect(lines()).toEqual(['a', 'b', 'c', 'c']);
  expect(strange()).toEqual([]);
});

test('streams are counted apart, and who counts nothing is taken as before', async () => {
  const { say, plain, lines } = await installing();
  await say(0, ['a'], { stream: 'pre' });
  await say(0, ['b'], { stream: '__proto__' });
  await say(0, ['b'], { stream: '__proto__' });
  expect((await plain('stream=post&from=0', 'c\n')).status).toBe(202);
  expect(await (await plain('stream=post&from=0', 'c\n')).json()).toMatchObject({ repeated: 1 });
  await say(undefined, ['d']);
  await say(undefined, ['d']);
  await until(() => lines().length === 5);
  expect(lines()).toEqual(['a', 'b', 'c', 'd', 'd']);
  expect((await plain('from=x', 'e')).status).toBe(422);
  expect(await say(-1, ['e'])).toMatchObject({ field: 'from' });
});

test('what is sent again while the first is on its way, is looked at after it', async () => {
  const { say, lines } = await installing();
  const answers = await Promise.all([say(0, ['a']), say(0, ['a']), say(1, ['b']), say(0, ['a']), say(1, ['b'])]);
  expect(answers.map(({ repeated = 0 }) => repeated as number)).toEqual([0, 1, 0, 1, 1]);
  await until(() => lines().length === 2);
  expect(lines()).toEqual(['a', 'b']);
});

test('a bastion that was killed knows how far it had taken them, and so it does after the end of the install', async () => {
  const { say, lines, kill, end } = await installing();
  const many = Array.from({ length: 2_500 }, (_, n) => `line ${n}`);
  await say(0, many);
  await kill();
  expect(await say(0, [...many, 'more'])).toMatchObject({ repeated: 2_500 });
  await kill();
  await end();
  await say(2_501, ['late']);
  await say(2_501, ['late']);
  await until(() => lines().length === 2_502);
  expect(lines()).toEqual([...many, 'more', 'late']);
});
