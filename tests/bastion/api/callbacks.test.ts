// What machines post while they are installed: stages and lines of output.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Bastion } from '../../../bastion/bastion.ts';
import { bastionIn, machinesIn, macOf, post, temporary } from '../support.ts';

let bastion: Bastion;
let place: Awaited<ReturnType<typeof temporary>>;
const mac = '38:05:25:33:e2:e4';

beforeAll(async () => {
  place = await temporary();
  bastion = await bastionIn(place.dir);
});
afterAll(async () => {
  await bastion.stop();
  await place.remove();
});

const machine = async (of: string) => {
  const machines = await machinesIn<{ mac: string; report?: Record<string, unknown> }>(place.dir);
  return machines.find((one) => one.mac === of);
};

describe('POST /api/progress', () => {
  test('moves a machine through its states', async () => {
    const own = macOf(1);
    await post(bastion.url, '/api/discover', { mac: own });
    await post(bastion.url, '/api/progress', { mac: own, stage: 'queued', state: 'queued' });
    expect(await machine(own)).toMatchObject({ status: 'PROVISIONING', stage: 'queued' });
    await post(bastion.url, '/api/progress', {
      mac: own,
      stage: 'done',
      state: 'installed',
      hostname: 'n1',
      ip: '192.168.8.4',
      role: 'control-plane',
      os: 'fedora-43',
    });
    expect(await machine(own)).toMatchObject({
      status: 'INSTALLED',
      hostname: 'n1',
      ip: '192.168.8.4',
      role: 'CONTROL_PLANE',
      os: 'fedora-43',
    });
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
    await post(bastion.url, '/api/progress', { mac: other, stage: 'partition' });
    expect(await machine(boot)).toMatchObject({ stage: 'partition' });
    expect(await machine(other)).toBeUndefined();
  });

  test('refuses a state and a stage that are none', async () => {
    expect(await post(bastion.url, '/api/progress', { mac, stage: 'x', state: 'broken' })).toMatchObject({
      status: 422,
      body: { field: 'state' },
    });
    expect(await post(bastion.url, '/api/progress', { mac })).toMatchObject({ status: 422, body: { field: 'stage' } });
  });
});

describe('POST /api/log', () => {
  test('takes one line, several, or plain text, and numbers them on', async () => {
    const own = macOf(4);
    const sent = [
      await post(bastion.url, '/api/log', { mac: own, line: 'one' }),
      await post(bastion.url, '/api/log', { mac: own, lines: ['two', 'three'] }),
      await post(bastion.url, `/api/log?mac=${own.toUpperCase()}`, 'four\nfive\n', {
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
