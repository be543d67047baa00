// Machines on their way: from their reports to the graph, and from a callback to those who watch.
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from 'graphql-ws';
import pg from 'pg';
import { WebSocket } from 'ws';
import { simulate } from '../../bastion/simulate/index.ts';
import { bootInstaller } from '../../bastion/simulate/installer.ts';
import { createPoster } from '../../bastion/simulate/poster.ts';
import { ask, type Labd } from './access.ts';
import type { Running } from './programs.ts';

/** Seconds for a bastion to answer, and to have an order. */
const PATIENCE = 30;

const count = async (labd: Labd): Promise<number> => {
  const { servers } = await ask<{ servers: { totalCount: number } }>(labd, '{ servers(first: 1) { totalCount } }');
  return servers.totalCount;
};

/** Seconds from the first report of so many machines to a graph that has them all. */
export async function ingest(bastion: Running, labd: Labd, servers: number): Promise<number> {
  const before = await count(labd);
  const from = performance.now();
  await simulate({ bastion: bastion.url, servers, seed: 11 });
  while ((await count(labd)) < before + servers) await sleep(20);
  return (performance.now() - from) / 1000;
}

/** Seconds that one statement takes to copy the same servers, NICs and disks. */
export async function bulkInsert(database: string): Promise<number> {
  const client = new pg.Client({ connectionString: database });
  await client.connect();
  const tables = ['server', 'server_nic', 'server_disk'];
  for (const table of tables) await client.query(`CREATE TABLE bulk_${table} (LIKE ${table} INCLUDING ALL)`);
  const from = performance.now();
  await client.query(tables.map((table) => `INSERT INTO bulk_${table} SELECT * FROM ${table};`).join(''));
  const seconds = (performance.now() - from) / 1000;
  for (const table of tables) await client.query(`DROP TABLE bulk_${table}`);
  await client.end();
  return seconds;
}

/** Milliseconds from the last callback of an install to the last of so many watchers, the median of some installs. */
export async function lag(bastion: Running, labd: Labd, watchers: number, callbacks: number): Promise<number> {
  const sockets = Array.from({ length: Math.min(10, watchers) }, () =>
    createClient({
      url: labd.url.replace('http', 'ws'),
      webSocketImpl: WebSocket,
      lazy: false,
      connectionParams: { authorization: labd.authorization },
    }),
  );
  let listed = 0;
  let told = 0;
  const query = 'subscription { watchServers(filter: { name: { startsWith: "m-0200000f" } }) { __typename } }';
  for (let i = 0; i < watchers; i++) {
    sockets[i % sockets.length]!.subscribe<{ watchServers: { __typename: string } }>(
      { query },
      {
        next: ({ data, errors }) => {
          if (!data) throw new Error(JSON.stringify(errors));
          if (data.watchServers.__typename === 'Bookmark') listed++;
          else told++;
        },
        error: (error) => {
          throw error;
        },
        complete: () => undefined,
      },
    );
  }
  while (listed < watchers) await sleep(10);
  const machines = createPoster({ bastion: bastion.url, connections: 1, patience: PATIENCE });
  const taken: number[] = [];
  for (let i = 0; i < callbacks; i++) {
    const mac = `02:00:00:0f:${(watchers & 255).toString(16).padStart(2, '0')}:${i.toString(16).padStart(2, '0')}`;
    told = 0;
    await machines.post('/api/discover', { mac, disks: [{ name: 'sda', size_gb: 480, serial: `bench-${i}` }] });
    while (told < watchers) await sleep(1);
    told = 0;
    await ask(labd, `mutation { provisionServer(by: { mac: "${mac}" }, input: { os: "fedora-43" }) { __typename } }`);
    const installer = await bootInstaller(machines, mac, PATIENCE);
    while (told < watchers) await sleep(1);
    told = 0;
    const from = performance.now();
    await installer.say({ stage: 'done', state: 'installed' });
    while (told < watchers) await sleep(1);
    taken.push(performance.now() - from);
  }
  machines.close();
  for (const socket of sockets) await socket.dispose();
  return taken.toSorted((a, b) => a - b)[Math.floor(taken.length / 2)]!;
}
