// Several bastions, and bastions that come back changed, as processes against a real labd.
import { rm } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { machines, simulate } from '../../bastion/simulate/index.ts';
import { machinesIn } from '../bastion/support.ts';
import { runLab } from '../cli/support.ts';
import { ask, bastion, bastionPlace, everyServer, install, labd } from './processes.ts';

interface Held {
  servers: {
    nodes: {
      name: string;
      status: string;
      bastion: { name: string } | null;
      sightings: { bastion: { name: string } }[];
      conditions: { type: string }[];
    }[];
  };
}

const held = (url: string) =>
  ask<Held>(
    url,
    '{ servers { nodes { name status bastion { name } sightings { bastion { name } } conditions { type } } } }',
  );

const report = async (url: string, body: object) => {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(new URL('/api/discover', url), { method: 'POST', headers, body: JSON.stringify(body) });
  expect(answer.status).toBe(202);
};

test('a machine that two bastions report is one server: the first holds it, the other has seen it', async () => {
  const api = await labd();
  const [one, two] = [await bastion(await bastionPlace('one'), api), await bastion(await bastionPlace('two'), api)];
  const [machine] = machines({ servers: 1, seed: 1 });
  await report(one.url, machine!);
  await expect.poll(async () => (await held(api.url)).servers.nodes.length, { timeout: 20_000 }).toBe(1);
  await report(two.url, machine!);
  const seenBy = async () =>
    (await held(api.url)).servers.nodes.map(({ bastion: by, sightings }) => [
      by?.name,
      ...sightings.map((seen) => seen.bastion.name).sort(),
    ]);
  await expect.poll(seenBy, { timeout: 20_000 }).toEqual([['one', 'one', 'two']]);
});

test('a bastion that lost its directory erases nothing, loads what labd knows, and goes on', async () => {
  const api = await labd();
  const place = await bastionPlace('site');
  const before = await bastion(place, api);
  await simulate({ bastion: before.url, servers: 10, seed: 2 });
  await expect.poll(async () => (await everyServer(api.url)).length, { timeout: 20_000 }).toBe(10);
  await before.kill();
  await rm(place.dir, { recursive: true, force: true });
  const after = await bastion(place, api);
  const cached = async () => (await machinesIn(place.dir)).length;
  await expect.poll(cached, { timeout: 20_000 }).toBe(10);
  await simulate({ bastion: after.url, servers: 2, seed: 3 });
  await expect.poll(async () => (await everyServer(api.url)).length, { timeout: 20_000 }).toBe(12);
  // Its snapshot has the machines alone that it saw since: the others are stale until they are seen again.
  const stale = async () =>
    (await held(api.url)).servers.nodes.filter(({ conditions }) => conditions.some(({ type }) => type === 'STALE'));
  await expect.poll(async () => (await stale()).length, { timeout: 20_000 }).toBe(10);
});

test('reports that arrive while labd is away are there once it is back, in any order, each once', async () => {
  const api = await labd();
  const site = await bastion(await bastionPlace('site'), api);
  const macs = ['02:00:00:00:09:01', '02:00:00:00:09:02'];
  for (const mac of macs) await report(site.url, { mac });
  await expect.poll(async () => (await everyServer(api.url)).length, { timeout: 20_000 }).toBe(2);
  const [good, bad] = [await install(api.url, site.url, macs[0]!), await install(api.url, site.url, macs[1]!)];
  await api.kill();
  const { accepted } = await simulate({ bastion: site.url, servers: 30, seed: 4, duplicates: 0.5, reorder: true });
  expect(accepted).toHaveLength(30);
  await good.say({ stage: 'packages' });
  expect(await good.say({ stage: 'done', state: 'installed' })).toMatchObject({ status: 202 });
  expect(await bad.say({ stage: 'partition', state: 'failed', error: 'No disk' })).toMatchObject({ status: 202 });
  await api.start();
  await expect.poll(async () => (await everyServer(api.url)).length, { timeout: 30_000 }).toBe(32);
  const statuses = async () =>
    (await held(api.url)).servers.nodes.map(({ status }) => status).filter((status) => status !== 'DISCOVERED');
  await expect.poll(async () => (await statuses()).sort(), { timeout: 30_000 }).toEqual(['FAILED', 'INSTALLED']);
});

test('a deleted server is forgotten by its bastion, and a new sighting of it is a new server', async () => {
  const api = await labd();
  const place = await bastionPlace('site');
  const site = await bastion(place, api);
  const [machine] = machines({ servers: 1, seed: 5 });
  await report(site.url, machine!);
  await expect.poll(async () => (await everyServer(api.url)).length, { timeout: 20_000 }).toBe(1);
  const find = async () =>
    (await ask<{ servers: { nodes: { id: string; name: string }[] } }>(api.url, '{ servers { nodes { id name } } }'))
      .servers.nodes;
  const [first] = await find();
  await ask(api.url, 'mutation ($name: String!) { deleteServer(by: { name: $name }) { __typename } }', {
    name: first!.name,
  });
  expect(await find()).toEqual([]);
  const cached = () => machinesIn(place.dir);
  await expect.poll(cached, { timeout: 20_000 }).toEqual([]);
  // The tombstone goes with the bastion's acknowledgement, a moment after the bastion itself has forgotten.
  const again = async () => {
    await report(site.url, machine!);
    return (await find()).length;
  };
  await expect.poll(again, { timeout: 20_000, interval: 500 }).toBe(1);
  const [second] = await find();
  expect(second!.id).not.toBe(first!.id);
});

test('a thousand machines posted are all there, and each network links its NICs', async () => {
  const api = await labd();
  const site = await bastion(await bastionPlace('site'), api);
  const { accepted } = await simulate({ bastion: site.url, servers: 1_000, seed: 7 });
  expect(accepted).toHaveLength(1_000);
  await expect.poll(async () => (await everyServer(api.url)).length, { timeout: 60_000 }).toBe(1_000);
  const made = await ask<{ createNetwork: { nics: { totalCount: number } } }>(
    api.url,
    'mutation { createNetwork(input: { name: "all", cidr: "0.0.0.0/0" }) { ... on Network { nics { totalCount } } } }',
  );
  const unlinked = await ask<{ nics: { nodes: { ip: string | null; network: object | null }[] } }>(
    api.url,
    '{ nics(first: 1000) { nodes { ip network { id } } } }',
  );
  expect(made.createNetwork.nics.totalCount).toBeGreaterThan(900);
  expect(unlinked.nics.nodes.filter(({ ip, network }) => ip !== null && network === null)).toEqual([]);
});

test('a simulated fleet is provisioned, boots, and calls back as its attempts', { timeout: 120_000 }, async () => {
  const api = await labd();
  const site = await bastion(await bastionPlace('site'), api);
  const simulated = 'simulate --servers 40 --seed 7 --states --bastion'.split(' ');
  const env = { LAB_URL: api.url, LAB_TOKEN: api.token };
  expect(await runLab([...simulated, site.url], env)).toMatchObject({ code: 0, err: '' });
  const statuses = async () => [...new Set((await held(api.url)).servers.nodes.map(({ status }) => status))].sort();
  await expect.poll(statuses, { timeout: 30_000 }).toEqual(['DISCOVERED', 'FAILED', 'INSTALLED', 'PROVISIONING']);
  const { installs } = await ask<{ installs: { totalCount: number } }>(
    api.url,
    '{ installs(filter: { phase: { in: [QUEUED, DONE, PACKAGES] } }) { totalCount } }',
  );
  expect(installs.totalCount).toBeGreaterThan(10);
  // Once more: those that are installed stay as they are.
  expect(await runLab([...simulated, site.url], env)).toMatchObject({ code: 0 });
  await site.stop();
  await site.start({ BASTION_SIMULATE_BOOT: '0' });
  expect(await runLab([...simulated, site.url], env)).toEqual({
    code: 1,
    out: '',
    err: 'Error: This bastion boots no machines, and so none can be installed.\nStart it with lab-bastion --simulate-boot.\n',
  });
});

test(
  'simulated installs end in labd as their stories say, and what does not is a failure',
  { timeout: 120_000 },
  async () => {
    const api = await labd();
    const site = await bastion(await bastionPlace('site'), api);
    const env = { LAB_URL: api.url, LAB_TOKEN: api.token };
    const trouble = '--installs 20 --fail 25% --stuck 10% --dup-callbacks --reorder --pace 50 --bastion'.split(' ');
    const done = await runLab(['simulate', ...trouble, site.url], env);
    expect(done).toMatchObject({ code: 0, err: '' });
    expect(done.out).toMatch(/END +TOLD +SEEN\ninstalled +(\d+) +\1\nfailed +(\d+) +\2\nstuck +(\d+) +\3\n$/);
    // The same machines once more: most are installed, and provision refuses these.
    const again = await runLab(['simulate', ...trouble, site.url], env);
    expect(again).toMatchObject({ code: 1, err: expect.stringContaining('did not end as they were to') as string });
  },
);
