// Callbacks and boots at a bastion: the table of those by whoever knows a machine's MAC, or a token that is not, or no
// longer, that machine's, with a machine that reports beside.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Bastion } from '../../bastion/bastion.ts';
import { hashToken } from '../../bastion/install/token.ts';
import { bastionIn, getJson, machinesIn, macOf, post, temporary, until } from '../bastion/support.ts';
import { startFakeLabd, type FakeLabd } from '../support/fake-labd.ts';
import { shareReporter } from './bystander.ts';
import { casesBeside } from './cases.ts';
import { sendRaw } from './support.ts';
import { bearer, cancelled, done, failed, other, rows, victim } from './tables/callbacks.ts';

const site = {} as { labd: FakeLabd; bastion: Bastion; place: Awaited<ReturnType<typeof temporary>> };
const tokens = new Map<string, string>();
let before = '';

async function order(kind: 'INSTALL' | 'CANCEL', mac: string, attempt: number): Promise<void> {
  const { labd, bastion } = site;
  const told = labd.acknowledgedOrders.length;
  labd.order({ id: `${kind} ${mac} ${attempt}`, kind, macs: [mac], serverId: `Server:${mac}`, attempt });
  await until(() => labd.acknowledgedOrders.length > told);
  if (kind === 'CANCEL') return;
  const boot = () => getJson<{ token?: string }>(bastion.url, `/api/boot?mac=${mac}`);
  await until(async () => (await boot()).token !== undefined);
  tokens.set(mac, (await boot()).token!);
}

const say = (body: object, headers: Record<string, string> = {}, query = '') =>
  post(site.bastion.url, `/api/progress${query}`, body, headers);
const write = (body: object, headers: Record<string, string> = {}) => post(site.bastion.url, '/api/log', body, headers);
const boot = (query: string, method = 'GET') => fetch(`${site.bastion.url}/api/boot${query}`, { method });
const tokenOf = (mac: string) => tokens.get(mac)!;

beforeAll(async () => {
  site.place = await temporary();
  site.labd = await startFakeLabd();
  site.bastion = await bastionIn(site.place.dir, { labd: site.labd.url, simulateBoot: true });
  await order('INSTALL', victim, 1);
  before = tokenOf(victim);
  await order('CANCEL', victim, 1);
  for (const mac of [victim, other, cancelled, done]) await order('INSTALL', mac, 2);
  await order('CANCEL', cancelled, 2);
  expect(await say({ mac: done, stage: 'done', state: 'installed', seq: 1 }, bearer(tokenOf(done)))).toMatchObject({
    status: 202,
  });
  expect(await say({ mac: victim, stage: 'partition', seq: 5 }, bearer(tokenOf(victim)))).toMatchObject({
    status: 202,
  });
}, 30_000);
afterAll(async () => {
  await site.bastion.stop();
  await site.labd.stop();
  await site.place.remove();
});

/** What must be as it was, whatever is sent: the machine here, and what labd is told of it. */
async function unmoved(): Promise<void> {
  const known = await machinesIn<{ mac: string; stage?: string; status: string }>(site.place.dir);
  expect(known.find(({ mac }) => mac === victim)).toMatchObject({ stage: 'partition', status: 'DISCOVERED' });
  const told = site.labd.items.flatMap(({ body }) => (body.progress?.mac === victim ? [body.progress] : []));
  const [proven, seen] = [told.filter(({ proof }) => proof), told.filter(({ proof }) => !proof)];
  expect(new Set(proven.map(({ stage }) => stage))).toEqual(new Set(['booting', 'partition']));
  // Without the token it is a sighting at most, however often and whatever it says.
  expect(seen.length).toBeLessThanOrEqual(1);
  for (const one of seen) expect(one).toEqual({ mac: victim, stage: 'seen' });
  const proofs = site.labd.items.flatMap(({ body }) => (body.log?.mac === victim ? [body.log.proof] : []));
  expect(proofs).not.toContain(hashToken(tokenOf(victim)));
}

casesBeside(
  shareReporter(() => site.bastion.url),
  rows({ say, write, boot, tokenOf, before: () => before, unmoved }),
);

test('What is unknown, has ended or is another machine’s is answered alike', async () => {
  const sent = [`lab_inst_${'A'.repeat(43)}`, before, tokenOf(other)];
  const answers = await Promise.all(sent.map((token) => say(failed(victim), bearer(token))));
  expect(new Set(answers.map(({ status, body }) => JSON.stringify([status, body]))).size).toBe(1);
});

test('Two headers with a token each move nothing', async () => {
  const body = JSON.stringify(failed(victim));
  const { hostname, port, host } = new URL(site.bastion.url);
  const head = [
    'POST /api/progress HTTP/1.1',
    `Host: ${host}`,
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    `Authorization: Bearer ${tokenOf(victim)}`,
    `Authorization: Bearer ${tokenOf(other)}`,
    'Connection: close',
  ].join('\r\n');
  expect((await sendRaw(hostname, Number(port), Buffer.from(`${head}\r\n\r\n${body}`))).status).toBe(401);
  await unmoved();
});

describe('a boot', () => {
  test('of a machine that nobody installs gives no token', async () => {
    for (const mac of [cancelled, done, macOf(99)])
      expect(await (await boot(`?mac=${mac}`)).json()).toEqual({
        boot: expect.stringMatching(/^(disk|discover)$/) as string,
      });
  });

  test('is kept by nobody on the way', async () => {
    expect((await boot(`?mac=${other}`)).headers.get('cache-control')).toBe('no-store');
  });
});

test('Without the flag there is nothing to boot from, whatever was ordered', async () => {
  const place = await temporary();
  const bastion = await bastionIn(place.dir);
  expect((await fetch(`${bastion.url}/api/boot?mac=${victim}`)).status).toBe(404);
  await bastion.stop();
  await place.remove();
});
