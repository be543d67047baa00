// Many machines are installed at once while the programs are killed: each ends as its story says, nothing is lost and
// nothing is there twice, and who watches hears of it at once. It is a short form of what is asked of labd, which CONTRIBUTING.md
// says how to run whole: LAB_INSTALLS says how many, LAB_PACE (such as 5s or 250ms) how long between two callbacks of a machine.
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { simulateInstalls } from '../../bastion/simulate/index.ts';
import { ask, bastionOf, bastionPlace, labdPlace, type Labd, type Program } from './processes.ts';
import { most, Watcher, type Span } from './watcher.ts';

type InstallStory = Parameters<Parameters<typeof simulateInstalls>[0]['provision']>[0];
type Played = Awaited<ReturnType<typeof simulateInstalls>>[number];

const INSTALLS = Number(process.env['LAB_INSTALLS'] ?? 100);
/** Milliseconds */
const PACE = ((text) => parseFloat(text) * (/[^m]s$/.test(text) ? 1_000 : 1))(process.env['LAB_PACE'] ?? '250ms');
/** Who is killed, in this order. */
const KILLS = ['labd', 'bastion', 'labd', 'labd', 'bastion', 'labd', 'bastion', 'labd'] as const;

/** Asks again while labd is away. */
async function asked<T>(api: Labd, query: string, variables: object): Promise<T> {
  for (;;) {
    try {
      return await ask<T>(api.url, query, variables);
    } catch {
      await sleep(200);
    }
  }
}

const PROVISION = `mutation ($mac: String!, $input: InstallInput!) {
  made: provisionServer(by: { mac: $mac }, input: $input) { __typename ... on UserError { message } } }`;

/** Provisions a machine as soon as labd knows it; resolves to why not, where it is refused. */
async function provision(api: Labd, { mac, os, set }: InstallStory): Promise<string | undefined> {
  const known = 'query ($mac: String!) { server(by: { mac: $mac }) { id } }';
  while ((await asked<{ server: object | null }>(api, known, { mac })).server === null) await sleep(200);
  const { made } = await asked<{ made: { __typename: string; message?: string } }>(api, PROVISION, {
    mac,
    input: { os, set },
  });
  // A Conflict: it was done, and the answer was lost as labd was killed.
  return made.__typename === 'Server' || made.message?.includes('is PROVISIONING') ? undefined : made.message;
}

interface Ended {
  bootMac: string;
  status: string;
  installs: {
    nodes: {
      outcome: string | null;
      failure: { reason: string | null } | null;
      stages: { name: string }[];
      logDropped: number;
      lines: { line: string }[];
    }[];
  };
}

/** All servers with all of their attempts. */
async function everyInstall(api: Labd): Promise<Map<string, Ended>> {
  const query = `query ($after: String) { servers(first: 100, after: $after) {
    nodes { bootMac status installs(first: 3) { nodes { outcome failure { reason } stages { name } logDropped lines(first: 200) { line } } } }
    pageInfo { hasNextPage endCursor } } }`;
  const found = new Map<string, Ended>();
  for (let after: string | undefined; ;) {
    const { servers } = await ask<{
      servers: { nodes: Ended[]; pageInfo: { hasNextPage: boolean; endCursor: string } };
    }>(api.url, query, { after });
    for (const server of servers.nodes) found.set(server.bootMac, server);
    if (!servers.pageInfo.hasNextPage) return found;
    after = servers.pageInfo.endCursor;
  }
}

interface Health {
  uplink: string;
  waiting: number;
}

/** What machines say in a quarter of a second: a callback and some output at each beat. */
const LITTLE = (2 * INSTALLS * 250) / PACE;

/** Resolves once the bastion is connected, and labd has nearly all that it took; also after some time, on a busy machine. */
async function caughtUp(site: Program): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const answer = await fetch(new URL('/healthz', site.url)).catch(() => undefined);
    const { uplink, waiting } = ((await answer?.json()) ?? { uplink: 'closed' }) as Health;
    if (uplink === 'open' && waiting <= LITTLE) return;
    await sleep(100);
  }
}

/** Ends what is silent now: how long an installer may be silent is told where a clock can be moved. */
async function letDeadlinesPass(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(
      "UPDATE install_attempt SET phase_deadline = now() - interval '1 second' WHERE finished_at IS NULL",
    );
  } finally {
    await client.end();
  }
}

/** What labd should say of an install. */
const expected = ({ story: { end, reason, stages } }: Played) => ({
  status: end === 'installed' ? 'INSTALLED' : 'FAILED',
  attempts: [
    {
      outcome: end === 'installed' ? 'SUCCEEDED' : 'FAILED',
      reason: end === 'stuck' ? (expect.stringContaining('silent') as string) : (reason ?? null),
      stages: [...stages],
    },
  ],
});

test(`${INSTALLS} installs outlive five kills of labd and three of the bastion`, { timeout: 900_000 }, async () => {
  const { program: api, remove, databaseUrl } = await labdPlace();
  onTestFinished(remove);
  await api.start();
  const site = await bastionOf(await bastionPlace('site'), api);
  onTestFinished(() => site.kill());
  await site.start();

  // The bastion joins while it answers already.
  const RAISE =
    'mutation ($most: Int!) { made: updateBastion(by: { name: "site" }, input: { maxInstalls: $most }) { __typename } }';
  await expect
    .poll(() => asked<{ made: { __typename: string } }>(api, RAISE, { most: INSTALLS }), { timeout: 60_000 })
    .toEqual({ made: { __typename: 'Bastion' } });

  const over = new AbortController();
  onTestFinished(() => over.abort());
  // The simplest of all changes: what that takes is this machine's doing, and the database's.
  await ask(
    api.url,
    'mutation { createStoredQuery(input: { name: "probe", document: "{ __typename }" }) { __typename } }',
  );
  const watcher = new Watcher(api);
  type Attempt = { id: string; stages: { name: string; startedAt: string }[] };
  watcher.follow<{ watchInstalls: { install?: Attempt } }>(
    `subscription { watchInstalls { ... on InstallAttemptAdded { install { id stages { name startedAt } } }
      ... on InstallAttemptModified { install { id stages { name startedAt } } } } }`,
    ({ watchInstalls: { install } }) =>
      (install?.stages ?? []).map(({ name, startedAt }) => ({
        key: `${install!.id} ${name}`,
        at: Date.parse(startedAt),
      })),
    over.signal,
  );
  const probe = new Watcher(api);
  probe.follow<{ watchQueries: { query?: { labels: { at?: string } } } }>(
    'subscription { watchQueries { ... on StoredQueryModified { query { labels } } } }',
    ({ watchQueries: { query } }) =>
      query?.labels.at === undefined ? [] : [{ key: query.labels.at, at: Number(query.labels.at) }],
    over.signal,
  );
  const probing = async () => {
    for (; !over.signal.aborted; await sleep(100))
      await ask(
        api.url,
        `mutation { updateStoredQuery(by: { name: "probe" }, input: { labels: { at: "${Date.now()}" } }) { __typename } }`,
      ).catch(() => {});
  };
  const probes = probing();

  let provisioned = 0;
  const from = performance.now();
  const playing = simulateInstalls({
    bastion: site.url,
    installs: INSTALLS,
    seed: 12,
    fail: 0.03,
    stuck: 0.01,
    dupCallbacks: true,
    reorder: true,
    pace: PACE,
    concurrency: 32,
    patience: 300,
    provision: async (story) => {
      const refused = await provision(api, story);
      provisioned += 1;
      return refused;
    },
  });
  const away: Span[] = [];
  const killing = async () => {
    await expect.poll(() => provisioned, { timeout: 300_000 }).toBeGreaterThan(INSTALLS / 5);
    for (const whom of KILLS) {
      const victim = { labd: api, bastion: site }[whom];
      const at = Date.now();
      await victim.kill();
      await victim.start();
      await caughtUp(site);
      // The watch is opened again, too.
      away.push([at - 1_000, Date.now() + 2_000]);
      await sleep(Math.max(PACE, 2_000));
    }
  };
  const [played] = await Promise.all([playing, killing()]);
  const seconds = (performance.now() - from) / 1000;
  expect(played.flatMap(({ refused }) => refused ?? [])).toEqual([]);

  await caughtUp(site);
  const ended = async () =>
    (
      await ask<{ installs: { totalCount: number } }>(
        api.url,
        '{ installs(filter: { outcome: { in: [SUCCEEDED, FAILED, CANCELLED] } }) { totalCount } }',
      )
    ).installs.totalCount;
  const stuck = played.filter(({ story }) => story.end === 'stuck').length;
  await expect.poll(ended, { timeout: 60_000, interval: 500 }).toBe(INSTALLS - stuck);
  over.abort();
  await probes;
  await letDeadlinesPass(databaseUrl);
  await expect.poll(ended, { timeout: 60_000, interval: 1_000 }).toBe(INSTALLS);

  const found = await everyInstall(api);
  expect(found.size).toBe(INSTALLS);
  for (const one of played) {
    const { status, installs } = found.get(one.story.mac)!;
    const attempts = installs.nodes.map(({ outcome, failure, stages }) => ({
      outcome,
      reason: failure?.reason ?? null,
      stages: stages.map(({ name }) => name),
    }));
    expect({ status, attempts }).toEqual(expected(one));
    const [{ lines, logDropped }] = installs.nodes as [Ended['installs']['nodes'][0]];
    expect(logDropped).toBe(0);
    expect(lines.map(({ line }) => line)).toEqual(one.story.lines);
  }

  const [callbacks, probed] = [most(watcher, away), most(probe, away)];
  console.log(
    `${INSTALLS} installs in ${seconds.toFixed(0)} s; from callback to watcher: ${callbacks} ms at the 99th percentile, the simplest change: ${probed} ms`,
  );
  // A second. On a machine that is busy with other things, as much longer as the simplest of all changes takes there: a callback
  // waits for the batch before its own, and takes some five times as many statements.
  expect(callbacks).toBeLessThan(Math.max(1_000, 10 * probed));
});
