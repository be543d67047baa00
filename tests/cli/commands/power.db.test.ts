// lab power against a real labd, a bastion of its own process, and a Redfish service over TLS.
import { afterAll, expect, test, vi } from 'vitest';
import { countedMachine } from '../../support/countedMachine.ts';
import { SECRET_KEY } from '../../support/secrets.ts';
import { PASSWORD, type RedfishService, startRedfish, USER } from '../../support/redfish.ts';
import { masked, shareSite } from '../support.ts';

const counted = countedMachine();
const machine = counted.state;
let redfish: RedfishService;

const site = shareSite(
  async ({ report, ask }) => {
    redfish = await startRedfish(counted);
    for (const n of [1, 2]) await report('discover', { mac: `02:00:00:00:01:0${n}` });
    const found = async () => (await ask<{ servers: { totalCount: number } }>('{ servers { totalCount } }')).servers;
    await vi.waitFor(async () => expect(await found()).toEqual({ totalCount: 2 }), { timeout: 20_000 });
    const { address, fingerprint } = redfish;
    const bmc = { type: 'redfish', address, user: USER, password: 'bmc-db', fingerprint };
    await ask(
      `mutation Make($value: String!, $bmc: JSON!) {
        a: createSecret(input: { name: "bmc-db", value: $value }) { __typename }
        b: updateServer(by: { mac: "02:00:00:00:01:01" }, input: { name: "db", bmc: $bmc }) { __typename }
        c: updateServer(by: { mac: "02:00:00:00:01:02" }, input: { name: "web" }) { __typename }
      }`,
      { value: PASSWORD, bmc },
    );
  },
  { LABD_KEY: SECRET_KEY },
);
afterAll(() => redfish?.stop());

const run = async (line: string) => {
  const { code, out, err } = await site.lab(...line.split(' '));
  return { code, out: masked(out), err: masked(err) };
};

test('a server is told, switched on and off, and describes itself so', { timeout: 120_000 }, async () => {
  expect(await run('power db status')).toEqual({ code: 0, out: 'server/db is off\n', err: '' });
  expect(await run('power server/db ON')).toEqual({ code: 0, out: 'server/db is on\n', err: '' });
  expect(machine).toEqual({ on: true, starts: 1 });
  expect(await run('power db cycle -o name')).toEqual({ code: 0, out: 'server/db\n', err: '' });
  expect(machine.starts).toBe(2);
  const { out } = await site.lab('power', 'db', 'status', '-o', 'json');
  expect(JSON.parse(out)).toMatchObject({
    server: 'db',
    action: 'status',
    outcome: 'done',
    state: 'on',
    message: null,
  });
  const described = (await site.lab('describe', 'server', 'db')).out;
  expect(described).toMatch(/^├─ Power: +on$/m);
  expect(described).not.toContain(PASSWORD);
  expect((await site.lab('get', 'server', 'db', '-o', 'yaml')).out).toMatch(/password: bmc-db/);
});

test('what cannot be done says why and what to do, and lab why says it too', { timeout: 120_000 }, async () => {
  expect(await run('power web on')).toEqual({
    code: 1,
    out: '',
    err: expect.stringContaining('Nobody said how server "web" is powered.') as string,
  });
  // One that cannot does not keep others from it.
  const both = await run('power web db on');
  expect(both).toMatchObject({ code: 1, out: 'server/db is on\n' });
  redfish.quirks.instead = (_request, response) => !!response.writeHead(401).end();
  const refused = await run('power db off');
  redfish.quirks.instead = () => false;
  expect(refused).toMatchObject({ code: 1, out: '' });
  expect(refused.err).toMatch(/server\/db: off failed: \S+ does not let this user do that \(401\)/);
  expect((await run('why server db')).out).toContain('- Power off failed at ');
  expect(machine.on).toBe(true);
  expect(await run('power db status')).toMatchObject({ code: 0 });
  expect((await run('why server db')).out).not.toContain('Power');
});

test('a word that is nothing to do with power, and no server, are usage errors', async () => {
  expect(await run('power db up')).toMatchObject({
    code: 2,
    err: expect.stringContaining('"up" is nothing to do with power.') as string,
  });
  expect(await run('power on')).toMatchObject({ code: 2, err: expect.stringContaining('Say which server.') as string });
  expect(await run('power nobody off')).toMatchObject({ code: 3 });
});

test('in the middle of an install nobody switches it off by mistake', { timeout: 120_000 }, async () => {
  await site.install('02:00:00:00:01:01');
  await vi.waitFor(async () => expect((await run('get server db')).out).toContain('provisioning'), { timeout: 20_000 });
  expect(await run('power db off')).toMatchObject({
    code: 2,
    err: expect.stringContaining('Nobody is there to be asked whether to power off server/db.') as string,
  });
  expect(machine.on).toBe(true);
  await vi.waitFor(async () => expect((await run('power db off --yes')).code).toBe(0), {
    timeout: 60_000,
    interval: 1_000,
  });
  expect(machine.on).toBe(false);
});
