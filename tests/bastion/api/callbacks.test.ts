// What machines post while they are installed: stages and lines of output, with the token of their attempt.
import { readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Bastion } from '../../../bastion/bastion.ts';
import { hashToken } from '../../../bastion/install/token.ts';
import { startFakeLabd, type FakeLabd } from '../../support/fake-labd.ts';
import { bastionIn, getJson, machinesIn, macOf, post, temporary, until } from '../support.ts';

let bastion: Bastion;
let labd: FakeLabd;
let place: Awaited<ReturnType<typeof temporary>>;
const mac = '38:05:25:33:e2:e4';

beforeAll(async () => {
  place = await temporary();
  labd = await startFakeLabd();
  bastion = await bastionIn(place.dir, { labd: labd.url, simulateBoot: true });
});
afterAll(async () => {
  await bastion.stop();
  await labd.stop();
  await place.remove();
});

const machine = async (of: string) => {
  const machines = await machinesIn<{ mac: string; report?: Record<string, unknown> }>(place.dir);
  return machines.find((one) => one.mac === of);
};

let orders = 0;
/** Has a machine installed: what it gets in its boot script. */
async function install(...macs: string[]): Promise<Record<string, string>> {
  orders += 1;
  labd.order({ id: `Order:${orders}`, kind: 'INSTALL', macs, serverId: `Server:${orders}`, attempt: 1 });
  const boot = () => getJson<{ token?: string }>(bastion.url, `/api/boot?mac=${macs[0]!}`);
  await until(async () => (await boot()).token !== undefined);
  return { Authorization: `Bearer ${(await boot()).token}` };
}

const progress = (body: object, headers?: Record<string, string>) => post(bastion.url, '/api/progress', body, headers);

describe('POST /api/progress', () => {
  test('moves a machine through its states', async () => {
    const own = macOf(1);
    await post(bastion.url, '/api/discover', { mac: own });
    const token = await install(own);
    expect(await progress({ mac: own, stage: 'partition', seq: 1 }, token)).toMatchObject({ status: 202 });
    expect(await machine(own)).toMatchObject({ stage: 'partition' });
    const system = { hostname: 'n1', ip: '192.168.8.4', role: 'control-plane', os: 'fedora-43' };
    await progress({ mac: own, stage: 'done', state: 'installed', seq: 2, ...system }, token);
    expect(await machine(own)).toMatchObject({ status: 'INSTALLED', ...system, role: 'CONTROL_PLANE' });
  });

  test('finds a machine by any of its NICs', async () => {
    const [boot, other] = [macOf(2), macOf(3)];
    await post(bastion.url, '/api/discover', {
      mac: boot,
      nics: [
        { name: 'a', mac: boot },
        { name: 'b', mac: other },
      ],
    });
    await progress({ mac: other, stage: 'partition', seq: 1 }, await install(boot, other));
    expect(await machine(boot)).toMatchObject({ stage: 'partition' });
    expect(await machine(other)).toBeUndefined();
  });

  test('rule 2: a number that does not go up is a repetition: taken, and without effect', async () => {
    const own = macOf(5);
    const token = await install(own);
    const say = async (seq: number, stage: string, more = {}) =>
      (await progress({ mac: own, stage, seq, ...more }, token)).body;
    expect(await say(3, 'packages')).toEqual({ accepted: true, mac: own });
    for (const seq of [3, 2, 1])
      expect(await say(seq, 'partition', { state: 'failed' })).toEqual({ accepted: true, mac: own, repeated: true });
    expect(await machine(own)).toMatchObject({ stage: 'packages', status: 'DISCOVERED' });
    await say(4, 'done', { state: 'installed' });
    // It did not hear the answer, and asks again: still what it was.
    expect(await say(4, 'done', { state: 'installed' })).toMatchObject({ repeated: true });
    await until(() => labd.items.some(({ body }) => body.progress?.mac === own && body.progress.state === 'INSTALLED'));
    const told = labd.items.flatMap(({ body }) => (body.progress?.mac === own ? [body.progress.seq ?? 'boot'] : []));
    expect(told).toEqual(['boot', 3, 4]);
  });

  test('refuses a state, a stage and a number that are none', async () => {
    const good = { mac, stage: 'x', seq: 1 };
    for (const [more, field] of [
      [{ state: 'broken' }, 'state'],
      [{ state: 'queued' }, 'state'],
      [{ stage: null }, 'stage'],
      [{ seq: null }, 'seq'],
      [{ seq: 0 }, 'seq'],
      [{ seq: -1 }, 'seq'],
      [{ seq: 1.5 }, 'seq'],
      [{ seq: '1' }, 'seq'],
      [{ seq: 2 ** 53 }, 'seq'],
    ] as const)
      expect(await progress({ ...good, ...more })).toMatchObject({ status: 422, body: { field } });
  });

  test('that the disk has no room for is refused by 507, and counts once when it is sent again', async () => {
    const own = macOf(8);
    const token = await install(own);
    const attempt = join(place.dir, 'attempts', `${hashToken(token.Authorization!.slice('Bearer '.length))}.json`);
    const done = { mac: own, stage: 'done', state: 'installed', seq: 1 };
    // Whatever is written there finds the disk full, once.
    await symlink('/dev/full', `${attempt}.new`);
    const refused = await progress(done, token);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([507, '30']);
    expect(refused.body).toEqual({
      error: 'The bastion cannot keep this: its disk is full',
      remedy: "Send it again later: it counts once. The bastion's log says how to mend its disk.",
    });
    expect(JSON.parse(await readFile(attempt, 'utf8'))).toMatchObject({ macs: [own], state: 'booting' });
    expect(await progress(done, token)).toMatchObject({ status: 202, body: { repeated: true } });
    expect(JSON.parse(await readFile(attempt, 'utf8'))).toMatchObject({ macs: [own], state: 'over' });
    await until(() => labd.items.some(({ body }) => body.progress?.mac === own && body.progress.stage === 'done'));
  });

  test('rule 1: without a token says what is needed, and nothing is kept of it', async () => {
    const own = macOf(6);
    const before = labd.items.length;
    for (const path of ['/api/progress', '/api/log']) {
      const answer = await post(bastion.url, path, { mac: own, stage: 'done', state: 'installed', seq: 1, line: 'x' });
      expect(answer).toMatchObject({
        status: 401,
        body: { remedy: expect.stringContaining('Authorization: Bearer TOKEN') as string },
      });
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    }
    expect(await machine(own)).toBeUndefined();
    await post(bastion.url, '/api/discover', { mac: own });
    await until(() => labd.items.length > before);
    expect(labd.items.slice(before).map(({ body }) => Object.keys(body))).toEqual([['report']]);
  });
});

describe('a callback without a token', () => {
  const evil = { stage: 'done', state: 'installed', seq: 1, hostname: 'evil', ip: '10.6.6.6', line: 'evil' };

  test('says that a machine which is known was seen, once a minute, and nothing else', async () => {
    const own = macOf(7);
    let passed = 0;
    const [home, other] = [await temporary(), await startFakeLabd()];
    const clock = { elapsed: () => performance.now() + passed };
    const site = await bastionIn(home.dir, { labd: other.url, clock });
    const all = () => machinesIn<{ mac: string; seenAt: string }>(home.dir);
    const told = () => other.items.flatMap(({ body }) => ((body.progress ?? body.log) ? [body] : []));
    const say = async () => {
      for (const path of ['/api/progress', '/api/log', '/api/progress'])
        expect((await post(site.url, path, { mac: own, ...evil })).status).toBe(401);
      expect((await post(site.url, '/api/progress', { mac: macOf(8), ...evil })).status).toBe(401);
    };
    try {
      await post(site.url, '/api/discover', { mac: own, nics: [{ name: 'eno2', mac: macOf(9) }] });
      const [before] = await all();
      await say();
      const [after] = await all();
      expect({ ...after, seenAt: '' }).toEqual({ ...before, seenAt: '' });
      expect(after!.seenAt >= before!.seenAt).toBe(true);
      passed = 61_000;
      await say();
      // By another of its NICs it is the same machine.
      expect((await post(site.url, '/api/progress', { ...evil, mac: macOf(9) })).status).toBe(401);
      await until(() => told().length >= 2);
      await site.stop();
      expect(told()).toEqual(Array.from({ length: 2 }, () => ({ progress: { mac: own, stage: 'seen' } })));
    } finally {
      await site.stop();
      await other.stop();
      await home.remove();
    }
  });
});

describe('POST /api/log', () => {
  test('takes one line, several, or plain text, and numbers them on', async () => {
    const own = macOf(4);
    const token = await install(own);
    const sent = [
      await post(bastion.url, '/api/log', { mac: own, line: 'one' }, token),
      await post(bastion.url, '/api/log', { mac: own, lines: ['two', 'three'] }, token),
      await post(bastion.url, `/api/log?mac=${own.toUpperCase()}`, 'four\nfive\n', {
        ...token,
        'Content-Type': 'text/plain; charset=utf-8',
      }),
    ];
    expect(sent.map(({ status, body }) => [status, body['lines']])).toEqual([
      [202, 1],
      [202, 2],
      [202, 2],
    ]);
    expect(await machine(own)).toMatchObject({ logged: 5 });
  });

  test.each([
    ['without lines', { mac }, 'lines'],
    ['with both', { mac, line: 'a', lines: [] }, 'lines'],
    ['with a line that is a number', { mac, lines: ['a', 7] }, 'lines[1]'],
    ['without a MAC', { line: 'a' }, 'mac'],
  ])('refuses a request %s', async (_what, body, field) => {
    expect(await post(bastion.url, '/api/log', body)).toMatchObject({ status: 422, body: { field } });
  });
});
