// Callbacks and boots at a bastion by whoever knows a machine's MAC, or a token that is not, or no longer, that machine's.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Bastion } from '../../bastion/bastion.ts';
import { hashToken } from '../../bastion/install/token.ts';
import { bastionIn, getJson, machinesIn, macOf, post, temporary, until } from '../bastion/support.ts';
import { startFakeLabd, type FakeLabd } from '../support/fake-labd.ts';
import { expectNoLeak, sendRaw } from './support.ts';

const site = {} as { labd: FakeLabd; bastion: Bastion; place: Awaited<ReturnType<typeof temporary>> };
/** A machine that is being installed, one that is too, one whose install was cancelled, one whose install is over. */
const [victim, other, cancelled, done] = [macOf(1), macOf(2), macOf(3), macOf(4)];
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

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
const failed = (mac: string, seq = 7) => ({ mac, stage: 'packages', state: 'failed', error: 'x', seq });
const say = (body: object, headers: Record<string, string> = {}, query = '') =>
  post(site.bastion.url, `/api/progress${query}`, body, headers);
const write = (body: object, headers: Record<string, string> = {}) => post(site.bastion.url, '/api/log', body, headers);
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
  const told = site.labd.items.flatMap(({ body }) => (body.progress?.mac === victim ? [body.progress.stage] : []));
  expect(new Set(told)).toEqual(new Set(['booting', 'partition']));
  const proofs = site.labd.items.flatMap(({ body }) => (body.log?.mac === victim ? [body.log.proof] : []));
  expect(proofs).not.toContain(hashToken(tokenOf(victim)));
}

type Case = [name: string, send: () => Promise<{ status: number; body: unknown }>, status: number];

const strangers: Case[] = [
  ['Progress by a MAC alone', () => say(failed(victim)), 401],
  ['Output by a MAC alone', () => write({ mac: victim, line: 'x' }), 401],
  ['Progress of a machine that nobody knows', () => say(failed(macOf(99))), 401],
  ['The token in the query', () => say(failed(victim), {}, `?token=${tokenOf(victim)}`), 401],
  [
    'The token as a parameter named access_token',
    () => say(failed(victim), {}, `?access_token=${tokenOf(victim)}`),
    401,
  ],
  ['The token in the body', () => say({ ...failed(victim), token: tokenOf(victim) }), 401],
  ['The token in a cookie', () => say(failed(victim), { Cookie: `token=${tokenOf(victim)}` }), 401],
  ['The token without Bearer', () => say(failed(victim), { Authorization: tokenOf(victim) }), 401],
  ['Basic in place of Bearer', () => say(failed(victim), { Authorization: `Basic ${tokenOf(victim)}` }), 401],
  ['Bearer and nothing', () => say(failed(victim), { Authorization: 'Bearer ' }), 401],
  ['Two tokens in one header', () => say(failed(victim), bearer(`${tokenOf(victim)} ${tokenOf(other)}`)), 401],
  ['A token of 10,000 characters', () => say(failed(victim), bearer('x'.repeat(10_000))), 401],
  ['A token that never was', () => say(failed(victim), bearer(`lab_inst_${'A'.repeat(43)}`)), 410],
  ['A token that is no token of ours', () => say(failed(victim), bearer('lab_pat_x')), 410],
  ['The hash of the token', () => say(failed(victim), bearer(hashToken(tokenOf(victim)))), 410],
  ['The token in another case', () => say(failed(victim), bearer(tokenOf(victim).toUpperCase())), 410],
  ['The token less its last letter', () => say(failed(victim), bearer(tokenOf(victim).slice(0, -1))), 410],
  ["Another machine's token", () => say(failed(victim), bearer(tokenOf(other))), 410],
  ["Output with another machine's token", () => write({ mac: victim, line: 'x' }, bearer(tokenOf(other))), 410],
  ['The token of the attempt before', () => say(failed(victim), bearer(before)), 410],
  ['Output with the token of the attempt before', () => write({ mac: victim, line: 'x' }, bearer(before)), 410],
  ['The token after a cancel', () => say(failed(cancelled), bearer(tokenOf(cancelled))), 410],
  ['A repetition after a cancel', () => say(failed(cancelled, 1), bearer(tokenOf(cancelled))), 410],
  ['The token after the outcome', () => say(failed(done), bearer(tokenOf(done))), 410],
  ['Output after the outcome', () => write({ mac: done, line: 'x' }, bearer(tokenOf(done))), 410],
  ['A number that was there', () => say(failed(victim, 5), bearer(tokenOf(victim))), 202],
  ['A number that goes back', () => say(failed(victim, 1), bearer(tokenOf(victim))), 202],
  ['A number past all numbers', () => say(failed(victim, 2 ** 53), bearer(tokenOf(victim))), 422],
  ['A number that is none', () => say({ ...failed(victim), seq: '9' }, bearer(tokenOf(victim))), 422],
  ['A state that only people decide', () => say({ ...failed(victim), state: 'queued' }, bearer(tokenOf(victim))), 422],
];

test.each(strangers)('%s moves nothing', async (_name, send, status) => {
  const answer = await send();
  expect(answer.status).toBe(status);
  if (status === 202) expect(answer.body).toMatchObject({ repeated: true });
  expectNoLeak(JSON.stringify(answer.body));
  for (const token of tokens.values()) expect(JSON.stringify(answer.body)).not.toContain(token);
  await unmoved();
});

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
  const get = (query: string, method = 'GET') => fetch(`${site.bastion.url}/api/boot${query}`, { method });
  const odd: [name: string, query: string, method: string, status: number][] = [
    ['without a MAC', '', 'GET', 422],
    ['with an empty MAC', '?mac=', 'GET', 422],
    ['with a MAC for many', '?mac=01:00:5e:00:00:01', 'GET', 422],
    ['with a MAC for all', '?mac=ff:ff:ff:ff:ff:ff', 'GET', 422],
    ['with a MAC of zeros', '?mac=00:00:00:00:00:00', 'GET', 422],
    ['with a MAC that is a path', '?mac=../../attempts.json', 'GET', 422],
    ['with a MAC that is a pattern', '?mac=02:00:00:00:00:*', 'GET', 422],
    ['by POST', `?mac=${victim}`, 'POST', 405],
    ['by HEAD, which has no effect,', `?mac=${victim}`, 'HEAD', 405],
  ];

  test.each(odd)('%s is refused', async (_name, query, method, status) => {
    expect((await get(query, method)).status).toBe(status);
    await unmoved();
  });

  test('of a machine that nobody installs gives no token', async () => {
    for (const mac of [cancelled, done, macOf(99)])
      expect(await (await get(`?mac=${mac}`)).json()).toEqual({
        boot: expect.stringMatching(/^(disk|discover)$/) as string,
      });
  });

  test('is kept by nobody on the way', async () => {
    expect((await get(`?mac=${other}`)).headers.get('cache-control')).toBe('no-store');
  });
});

test('Without the flag there is nothing to boot from, whatever was ordered', async () => {
  const place = await temporary();
  const bastion = await bastionIn(place.dir);
  expect((await fetch(`${bastion.url}/api/boot?mac=${victim}`)).status).toBe(404);
  await bastion.stop();
  await place.remove();
});
