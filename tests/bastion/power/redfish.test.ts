// Powering by Redfish, against a service over TLS that can do what real ones do against all expectation.
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { PowerAction } from '../../../common/power/actions.ts';
import type { Bmc } from '../../../common/power/bmc.ts';
import { createPower } from '../../../bastion/power/power.ts';
import { PASSWORD, type Quirks, type RedfishService, startRedfish, USER } from '../../support/redfish.ts';

const quick = { order: 20_000, answer: 1_000, busy: 10, state: 300, look: 10 };

async function service(quirks: Quirks = {}, isOn = false) {
  const machine = { on: isOn, starts: 0 };
  const redfish = await startRedfish(
    {
      isOn: () => machine.on,
      on: () => void ((machine.on = true), (machine.starts += 1)),
      off: () => void (machine.on = false),
      restart: () => void ((machine.on = true), (machine.starts += 1)),
    },
    quirks,
  );
  onTestFinished(() => redfish.stop());
  const ask = (action: PowerAction, more: Partial<Bmc> = {}) => power(redfish, action, more);
  return { redfish, machine, ask };
}

function power(
  { address, fingerprint }: Pick<RedfishService, 'address' | 'fingerprint'>,
  action: PowerAction,
  more: Partial<Bmc> = {},
) {
  const bmc: Bmc = { type: 'redfish', address, user: USER, password: PASSWORD, fingerprint, ...more };
  const given = Object.fromEntries(Object.entries(bmc).filter(([, value]) => value !== undefined)) as unknown as Bmc;
  return createPower({ interfaces: [], waits: quick })({ action, bmc: given, macs: [], firmware: 'UEFI' });
}

const changesOf = ({ asked }: RedfishService) => asked.filter((one) => !one.startsWith('GET'));

test('it is told, switched on, off and on again, and told to boot from the network once', async () => {
  const { redfish, machine, ask } = await service();
  expect(await ask('status')).toEqual({ state: 'OFF' });
  expect(await ask('on')).toEqual({ state: 'ON' });
  expect(machine).toEqual({ on: true, starts: 1 });
  expect(await ask('on')).toEqual({ state: 'ON' });
  expect(machine.starts).toBe(1);
  expect(await ask('cycle')).toEqual({ state: 'ON' });
  expect(machine.starts).toBe(2);
  expect(await ask('netboot')).toEqual({ state: 'ON' });
  expect(redfish.boot).toEqual({ enabled: 'Once', target: 'Pxe' });
  expect(machine.starts).toBe(3);
  expect(await ask('off')).toEqual({ state: 'OFF' });
  expect(await ask('cycle')).toEqual({ state: 'ON' });
});

const quirks: [string, Quirks][] = [
  ['wants an ETag', { etag: 'strong' }],
  ['gives weak ETags and takes strong ones alone', { etag: 'weak' }],
  ['gives ETags and takes none', { etag: 'none' }],
  ['redirects what changes something', { redirect: true }],
  ['is busy with 409', { busy: { times: 3, status: 409 } }],
  ['is busy with 503', { busy: { times: 3, status: 503 } }],
  ['is busy while its machine starts', { busy: { times: 3, status: 400 } }],
  ['forgets what it is not told whole', { forgets: 'without-mode' }],
  ['takes the override elsewhere', { settings: true }],
  ['has some ways to reset alone', { resets: ['On', 'ForceOff'] }],
  ['tells its ways apart', { actionInfo: true, resets: ['On', 'ForceOff', 'PowerCycle'] }],
  ['has a slash at the end of every path', { slashes: true }],
];

test.each(quirks)('one that %s boots from the network all the same', async (_, given) => {
  const { redfish, machine, ask } = await service(given, true);
  expect(await ask('netboot')).toEqual({ state: 'ON' });
  expect(redfish.boot).toEqual({ enabled: 'Once', target: 'Pxe' });
  expect(machine.starts).toBe(1);
});

test('one that forgets every order to boot from the network is not restarted for nothing, and it is said', async () => {
  const { machine, ask } = await service({ forgets: 'always' }, true);
  await expect(ask('netboot')).rejects.toThrow('takes the order to boot from the network, and does not do it');
  expect(machine.starts).toBe(0);
});

test('of several systems the one that is said is meant, and none is guessed', async () => {
  const others = ['/redfish/v1/Systems/2'];
  const { ask, machine } = await service({ others });
  await expect(ask('on')).rejects.toThrow(
    /has 2 systems: \/redfish\/v1\/Systems\/437XR1138R2, \/redfish\/v1\/Systems\/2. Say which one in spec.bmc.system/,
  );
  await expect(ask('on', { system: '/redfish/v1/Systems/3' })).rejects.toThrow('has no system /redfish/v1/Systems/3');
  expect(machine.on).toBe(false);
  expect(await ask('on', { system: '/redfish/v1/Systems/437XR1138R2/' })).toEqual({ state: 'ON' });
});

test('who shows another certificate than the pinned one, or one that nobody vouches for, hears no password', async () => {
  const { redfish, ask } = await service();
  await expect(ask('status', { fingerprint: 'ab'.repeat(32) })).rejects.toThrow(
    `shows another certificate than the one that is pinned: ${redfish.fingerprint}`,
  );
  await expect(ask('status', { fingerprint: undefined } as never)).rejects.toThrow('that nobody vouches for');
  expect(redfish.asked).toEqual([]);
  expect(await ask('status', { fingerprint: undefined, insecure: true } as never)).toEqual({ state: 'OFF' });
});

test('where it redirects to another host, that one is not even called', async () => {
  const heard: unknown[] = [];
  const other = createServer((request) => void heard.push(request.headers)).on('connection', () =>
    heard.push('a call'),
  );
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void other.close());
  const { port } = other.address() as AddressInfo;
  for (const redirect of [
    `https://127.0.0.1:${port}/x`,
    `http://127.0.0.1:${port}/x`,
    'https://user@127.0.0.1/',
    'file:///etc/shadow',
  ]) {
    const { ask } = await service({ redirect });
    await expect(ask('on')).rejects.toThrow('nobody else gets its password');
  }
  // Nor where a link of its own leads there.
  const linking = await service({
    instead: (_request, response) =>
      !!response.end(JSON.stringify({ Systems: { '@odata.id': `https://127.0.0.1:${port}/` } })),
  });
  await expect(linking.ask('on')).rejects.toThrow('nobody else gets its password');
  expect(heard).toEqual([]);
});

test('a wrong password is said to be one, with what the service says, and never written', async () => {
  const { ask } = await service();
  const error = await ask('on', { password: 'falsch-und-geheim' }).catch((reason: Error) => reason);
  expect((error as Error).message).toMatch(/does not let this user do that \(401\): Not you\. Check spec\.bmc\.user/);
  expect((error as Error).message).not.toContain('falsch');
  await expect(ask('on', { password: undefined } as never)).rejects.toThrow('labd sent no password');
});

test.each<[string, Quirks['instead'], RegExp]>([
  ['that never answers', () => true, /no whole answer within 1 s/],
  ['that never ends', (_request, response) => !!response.write('{'), /no whole answer within 1 s/],
  [
    'that sends without end',
    (_request, response) => {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536, 0x20)));
      };
      response.on('drain', more);
      more();
      return true;
    },
    /more than 1048576 bytes/,
  ],
  ['that sends nonsense', (_request, response) => !!response.end('<html>'), /no JSON of Redfish/],
  ['that sends a list', (_request, response) => !!response.end('[1]'), /no JSON of Redfish/],
  ['that has nothing', (_request, response) => !!response.end('{}'), /sends elsewhere, to null/],
  ['that hangs up', (request) => !!request.socket.destroy(), /broke off/],
  [
    'that redirects in a circle',
    (request, response) => !!response.writeHead(302, { Location: `${request.url}x` }).end(),
    /redirects more than 5 times/,
  ],
  [
    'that is busy for ever',
    (_request, response) => !!response.writeHead(503).end(),
    /answers \/redfish\/v1\/ with 503/,
  ],
  [
    'that speaks in control characters',
    (_request, response) => !!response.writeHead(500).end(JSON.stringify({ error: { message: '\u001b[2Jx\ny' } })),
    /with 500: {1,2}\[2Jx y\./,
  ],
])('one %s keeps nobody waiting, and is said to', async (_, instead, says) => {
  const { ask } = await service({ instead: instead! });
  await expect(ask('status')).rejects.toThrow(says);
});

test('one that does nothing of what it is told is not believed, and one that is not there is said to be', async () => {
  const { ask, redfish } = await service({ inert: true });
  await expect(ask('on')).rejects.toThrow('It was told to, and is not on after 0.3 s');
  expect(changesOf(redfish)).toHaveLength(1);
  await redfish.stop();
  await expect(ask('on')).rejects.toThrow(/is not reached/);
});

test('an order ends in time, whatever is waited for', async () => {
  const { redfish } = await service({ busy: { times: 1_000, status: 409 } });
  const { address, fingerprint } = redfish;
  const bmc: Bmc = { type: 'redfish', address, user: USER, password: PASSWORD, fingerprint };
  const slow = createPower({ interfaces: [], waits: { order: 500, busy: 10_000 } });
  await expect(slow({ action: 'on', bmc, macs: [], firmware: null })).rejects.toThrow('It was not done within 0.5 s');
});
