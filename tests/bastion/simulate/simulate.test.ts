// The simulator: the same machines for the same seed, plausible ones, and a true account of what was taken.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { readMachineReport } from '../../../bastion/api/discover.ts';
import type { Bastion } from '../../../bastion/bastion.ts';
import { BastionAway, BootsNothing, machines, simulate, standBy } from '../../../bastion/simulate/index.ts';
import { startFakeLabd } from '../../support/fake-labd.ts';
import { bastionIn, machinesIn, post, temporary, until } from '../support.ts';

describe('simulated machines', () => {
  test('are the same for the same seed, others for another, and go on where a smaller number ends', () => {
    const some = machines({ servers: 50, seed: 7 });
    expect(machines({ servers: 50, seed: 7 })).toEqual(some);
    expect(machines({ servers: 200, seed: 7 }).slice(0, 50)).toEqual(some);
    expect(machines({ servers: 50, seed: 8 }).map(({ mac }) => mac)).not.toEqual(some.map(({ mac }) => mac));
  });

  test('share no address, and boot from their first interface', () => {
    const fleet = machines({ servers: 20_000, seed: 7 });
    const nics = fleet.flatMap((machine) => machine.nics);
    const ips = nics.flatMap(({ ip }) => ip ?? []);
    expect(new Set(nics.map(({ mac }) => mac)).size).toBe(nics.length);
    expect(new Set(ips).size).toBe(ips.length);
    expect(fleet.every(({ mac, nics: [first] }) => first?.mac === mac && first.state === 'UP')).toBe(true);
  });

  test('lie in 192.168.8.0/24 when there are few', () => {
    expect(
      machines({ servers: 100, seed: 7 }).every(({ nics: [first] }) => /^192\.168\.8\.\d+$/.test(first!.ip!)),
    ).toBe(true);
  });

  test('are varied: makers, processors, firmware, numbers of disks and interfaces', () => {
    const dozen = machines({ servers: 12, seed: 7 });
    const kinds = (of: (machine: (typeof dozen)[number]) => unknown) => new Set(dozen.map(of)).size;
    expect(kinds(({ manufacturer }) => manufacturer)).toBeGreaterThan(5);
    expect([kinds(({ arch }) => arch), kinds(({ firmware }) => firmware)]).toEqual([2, 2]);
    expect(kinds(({ nics }) => nics.length)).toBeGreaterThan(2);
    expect(kinds(({ disks }) => disks.length)).toBeGreaterThan(2);
  });

  test('are reports that a bastion takes as they are', () => {
    for (const report of machines({ servers: 500, seed: 1 })) {
      expect(readMachineReport(report)).toMatchObject({
        mac: report.mac,
        vendor: report.manufacturer,
        cpuCores: report.cpu_cores,
        serial: report.serial,
      });
    }
  });
});

describe('a simulation', () => {
  let bastion: Bastion;
  let place: Awaited<ReturnType<typeof temporary>>;
  beforeEach(async () => {
    place = await temporary();
    bastion = await bastionIn(place.dir);
  });
  afterEach(async () => {
    await bastion.stop();
    await place.remove();
  });
  const seen = () =>
    machinesIn<{ mac: string; status: string; report?: { serial?: string; nics?: unknown[] } }>(place.dir);

  test('posts every machine once, and says which ones were taken', async () => {
    const told: string[] = [];
    const result = await simulate({
      bastion: bastion.url,
      servers: 100,
      seed: 7,
      onAccepted: (mac) => void told.push(mac),
    });
    expect(result).toMatchObject({ posts: 100, refused: [] });
    expect(new Set(result.accepted)).toEqual(new Set(machines({ servers: 100, seed: 7 }).map(({ mac }) => mac)));
    expect(result.accepted).toEqual(told);
    expect((await seen()).length).toBe(100);
  });

  test('with duplicates, another order, junk and moved interfaces is the same machines', async () => {
    const result = await simulate({
      bastion: bastion.url,
      servers: 100,
      seed: 7,
      duplicates: 0.5,
      reorder: true,
      junkSerials: 0.3,
      movedNics: 0.1,
    });
    expect(result.refused).toEqual([]);
    expect(result.posts).toBeGreaterThan(150);
    const fleet = await seen();
    expect(new Set(fleet.map(({ mac }) => mac))).toEqual(
      new Set(machines({ servers: 100, seed: 7 }).map(({ mac }) => mac)),
    );
    expect(fleet.filter(({ report }) => report?.serial === 'To Be Filled By O.E.M.').length).toBeGreaterThan(1);
  });

  test('of installs needs a bastion that boots machines, and somebody who provisions them', async () => {
    const asked: string[] = [];
    const provision = async (mac: string) => asked.push(mac) > 0;
    const options = { bastion: bastion.url, servers: 10, states: true, seed: 7 };
    await expect(simulate({ ...options, provision })).rejects.toThrow(BootsNothing);
    expect(asked).toEqual([]);
    expect(await simulate(options)).toMatchObject({ posts: 10, refused: [] });
  });

  test('tries again until the bastion is there', async () => {
    const { port } = new URL(bastion.url);
    await bastion.stop();
    const simulation = simulate({ bastion: `http://127.0.0.1:${port}`, servers: 5 });
    const late = await temporary();
    const second = await bastionIn(late.dir, { port: Number(port) });
    expect((await simulation).accepted).toHaveLength(5);
    await second.stop();
    await late.remove();
  });

  test('says what to do when there is none', async () => {
    const failing = simulate({ bastion: 'http://127.0.0.1:9', servers: 5, patience: 0 });
    await expect(failing).rejects.toThrow(BastionAway);
    await expect(failing).rejects.toThrow('lab-bastion');
  });

  test('does not count what was refused, or what got no answer', async () => {
    let requests = 0;
    const moody = createServer((request, response) => {
      requests += 1;
      request.resume();
      if (requests % 2 === 0) request.socket.destroy();
      else response.writeHead(422).end('{"error":"no"}');
    });
    await new Promise<void>((resolve) => moody.listen(0, '127.0.0.1', resolve));
    const { port } = moody.address() as AddressInfo;
    const result = await simulate({ bastion: `http://127.0.0.1:${port}`, servers: 4, concurrency: 1 });
    expect(result.accepted).toEqual([]);
    expect(result.refused).toHaveLength(4);
    expect(result.refused[0]).toMatchObject({ status: 422, path: '/api/discover', error: '{"error":"no"}' });
    await new Promise((resolve) => moody.close(resolve));
  });
});

test('a machine that stands by finishes its install by the same attempt when the bastion was away meanwhile', async () => {
  const [{ dir, remove }, labd] = [await temporary(), await startFakeLabd()];
  let bastion = await bastionIn(dir, { labd: labd.url, simulateBoot: true });
  const { port } = new URL(bastion.url);
  const [machine] = machines({ servers: 1, seed: 7 });
  const leaving = new AbortController();
  let begun = 0;
  onTestFinished(async () => {
    leaving.abort();
    await standing;
    await bastion.stop();
    await labd.stop();
    await remove();
  });
  await post(bastion.url, '/api/discover', machine!);
  labd.order({ id: 'Order:1', kind: 'INSTALL', macs: [machine!.mac], serverId: 'Server:1', attempt: 1 });
  const standing = standBy({
    bastion: bastion.url,
    machines: [machine!],
    pace: 50,
    signal: leaving.signal,
    onInstall: () => void (begun += 1),
  });
  await until(() => begun === 1);
  await bastion.stop();
  await sleep(300);
  bastion = await bastionIn(dir, { labd: labd.url, simulateBoot: true, port: Number(port) });
  await until(() => labd.items.some(({ body }) => body.progress?.state === 'INSTALLED'));
  expect(begun).toBe(1);
});
