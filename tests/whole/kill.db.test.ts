// Power cuts: labd and the bastion are killed at random moments while machines report. Nothing that was taken is lost,
// nothing is there twice.
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { simulate } from '../../bastion/simulate/index.ts';
import { bastion, bastionPlace, everyServer, labd } from './processes.ts';

test('twenty kills of labd and of the bastion lose no machine that got a 2xx, and double none', async () => {
  const api = await labd();
  const place = await bastionPlace('site');
  const site = await bastion(place, api);
  const taken = new Set<string>();
  const ended = new AbortController();
  // More machines than there is time for, with repeats and out of order.
  const reporting = simulate({
    bastion: site.url,
    servers: 20_000,
    seed: 7,
    duplicates: 0.2,
    reorder: true,
    concurrency: 4,
    rate: 60,
    patience: 60,
    signal: ended.signal,
    onAccepted: (mac) => taken.add(mac),
  }).catch((error: unknown) => {
    if (!ended.signal.aborted) throw error;
  });
  for (let kill = 0; kill < 20; kill++) {
    await sleep(Math.random() * 700);
    const victim = kill % 2 ? site : api;
    await victim.kill();
    await sleep(Math.random() * 300);
    await victim.start();
  }
  ended.abort();
  await reporting;
  expect(taken.size).toBeGreaterThan(100);

  const missing = async () => {
    const servers = await everyServer(api.url);
    const known = new Set(servers.map(({ bootMac }) => bootMac));
    return [...taken].filter((mac) => !known.has(mac));
  };
  await expect.poll(missing, { timeout: 60_000, interval: 500 }).toEqual([]);
  const servers = await everyServer(api.url);
  expect(new Set(servers.map(({ bootMac }) => bootMac)).size).toBe(servers.length);
  const macs = servers.flatMap(({ nics }) => nics.nodes.map(({ mac }) => mac));
  expect(new Set(macs).size).toBe(macs.length);
}, 600_000);
