// Power cuts: labd and the bastion are killed at random moments while machines report. Nothing that was taken is lost,
// nothing is there twice.
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { simulate } from '../../bastion/simulate/index.ts';
import { bastion, bastionPlace, everyServer, labd } from './processes.ts';

test('twenty kills of labd and of the bastion lose no machine that got a 2xx, and double none', async () => {
  const api = await labd();
  const place = await bastionPlace('site');
  const site = await bastion(place, api.url);
  const taken = new Set<string>();
  const ended = new AbortController();
  // Round after round of new machines, with repeats and out of order, for as long as there is killing.
  const reporting = (async () => {
    for (let seed = 1; !ended.signal.aborted; seed++) {
      await simulate({
        bastion: site.url,
        servers: 40,
        seed,
        duplicates: 0.2,
        reorder: true,
        concurrency: 4,
        rate: 150,
        patience: 60,
        onAccepted: (mac) => taken.add(mac),
      });
    }
  })();
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
}, 300_000);
