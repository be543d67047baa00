// Turns of installs at two labds on one database, of which one is killed again and again while installs are asked for and end at
// both: each turn is given once, and never do more run at once than may.
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { ask, bastionOf, bastionPlace, labdPlace, type Labd } from './processes.ts';

const MACHINES = 24;
const AT_ONCE = 3;
const KILLS = 4;
/** Turns that may be given around each kill, and as many after the last */
const SHARE = Math.floor((MACHINES - AT_ONCE) / (KILLS + 1));

const macOf = (n: number) => `02:00:00:00:07:${n.toString(16).padStart(2, '0')}`;
const all = Array.from({ length: MACHINES }, (_, n) => macOf(n));

const PROVISION = `mutation ($mac: String!) {
  it: provisionServer(by: { mac: $mac }, input: { os: "fedora-43" }) { __typename ... on UserError { message } } }`;
const ABORT =
  'mutation ($mac: String!) { it: abortServer(by: { mac: $mac }) { __typename ... on UserError { message } } }';

/** Asks one labd until it answers: where the answer was lost with it, the same is a Conflict the second time. */
async function insist(labd: Labd, document: string, mac: string): Promise<string> {
  for (;;) {
    try {
      const { it } = await ask<{ it: { __typename: string; message?: string } }>(labd.url, document, { mac });
      return it.message ?? it.__typename;
    } catch {
      await sleep(100);
    }
  }
}

interface Logged {
  txId: string;
  objectId: string;
  action: string;
  before: { waiting: boolean } | null;
  after: { waiting: boolean; outcome: string | null };
}

test('each is given once, and never more at once than may run, while one of two labds is killed', async () => {
  const { program: one, beside, databaseUrl, remove } = await labdPlace();
  onTestFinished(remove);
  await one.start();
  const two = await beside();
  onTestFinished(() => two.kill());
  await two.start();
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  onTestFinished(() => client.end());
  const rows = async <T extends object>(sql: string) => (await client.query<T>(sql)).rows;

  const site = await bastionOf(await bastionPlace('site'), two);
  onTestFinished(() => site.kill());
  await site.start();
  for (const mac of all) {
    const body = JSON.stringify({ mac, disks: [{ name: 'sda', size_gb: 480, serial: `of-${mac}` }] });
    const headers = { 'content-type': 'application/json' };
    await fetch(new URL('/api/discover', site.url), { method: 'POST', headers, body });
  }
  await expect.poll(() => rows('SELECT id FROM server'), { timeout: 60_000 }).toHaveLength(MACHINES);
  await ask(
    two.url,
    'mutation ($most: Int!) { updateBastion(by: { name: "site" }, input: { maxInstalls: $most }) { __typename } }',
    { most: AT_ONCE },
  );

  let [begun, over] = [0, false];
  /** Installs that have no turn yet. */
  const turnless = async () => MACHINES - (await rows('SELECT id FROM install_attempt WHERE NOT waiting')).length;
  const atKills: number[] = [];
  const killing = async () => {
    while (begun < KILLS) {
      begun++;
      await sleep(200 + Math.random() * 500);
      atKills.push(await turnless());
      await one.kill();
      await sleep(Math.random() * 300);
      await one.start();
    }
    over = true;
  };
  const asking = async () => {
    await Promise.all(all.map((mac, n) => insist(n % 2 ? one : two, PROVISION, mac)));
    for (let round = 0; ; round++) {
      const running = await rows<{ mac: string }>(
        `SELECT s.boot_mac AS mac FROM install_attempt a JOIN server s ON s.id = a.server_id
          WHERE a.finished_at IS NULL AND NOT a.waiting ORDER BY a.id`,
      );
      expect(running.length).toBeLessThanOrEqual(AT_ONCE);
      const left = await rows('SELECT id FROM install_attempt WHERE finished_at IS NULL');
      if (left.length === 0) return;
      // Each kill has its share of them: none comes when there is no turn to give any more.
      if (!over && (await turnless()) <= SHARE * (KILLS + 1 - begun)) await sleep(20);
      else await Promise.all(running.map(({ mac }, n) => insist((n + round) % 2 ? one : two, ABORT, mac)));
    }
  };
  await Promise.all([asking(), killing()]);
  expect(atKills.filter((turns) => turns > 0)).toHaveLength(KILLS);

  const ended = await rows<{ outcome: string }>('SELECT outcome FROM install_attempt');
  expect(ended.map(({ outcome }) => outcome)).toEqual(all.map(() => 'FAILED'));
  const log = await rows<Logged>(
    `SELECT tx_id AS "txId", object_id AS "objectId", action, before, after FROM change
      WHERE kind = 'InstallAttempt' AND operation <> 'DELETE' ORDER BY rev`,
  );
  const given = log.filter(({ before, after }) => before?.waiting === true && !after.waiting && after.outcome === null);
  expect(new Set(given.map(({ objectId }) => objectId)).size).toBe(given.length);
  expect(given).toHaveLength(MACHINES - AT_ONCE);
  const runs = new Set<string>();
  let most = 0;
  log.forEach(({ txId, objectId, after }, n) => {
    if (!after.waiting && after.outcome === null) runs.add(objectId);
    else runs.delete(objectId);
    // Within a transaction one ends and the next begins, in whatever order.
    if (log[n + 1]?.txId !== txId) most = Math.max(most, runs.size);
  });
  expect(most).toBe(AT_ONCE);
  const orders = await rows<{ id: string }>(`SELECT id FROM bastion_order WHERE kind = 'INSTALL'`);
  expect(orders).toHaveLength(MACHINES);
}, 300_000);
