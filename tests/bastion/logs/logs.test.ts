// What people read of a machine's install at the bastion itself: stages and lines, whole and as they come.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { Bastion } from '../../../bastion/bastion.ts';
import { MOST_LINES } from '../../../bastion/logs/machineLog.ts';
import { startFakeLabd, type FakeLabd } from '../../support/fake-labd.ts';
import { bastionIn, getJson, macOf, post, temporary, until } from '../support.ts';

let bastion: Bastion;
let labd: FakeLabd;
let place: Awaited<ReturnType<typeof temporary>>;
const mac = macOf(1);

const start = async () => (bastion = await bastionIn(place.dir, { labd: labd.url, simulateBoot: true }));

beforeEach(async () => {
  place = await temporary();
  labd = await startFakeLabd();
  await start();
});
afterEach(async () => {
  await bastion.stop();
  await labd.stop();
  await place.remove();
});

/** Has a machine installed; returns what its installer sends with each request. */
async function install(of: string): Promise<Record<string, string>> {
  labd.order({ id: `Order:${of}`, kind: 'INSTALL', macs: [of], serverId: `Server:${of}`, attempt: 1 });
  const boot = () => getJson<{ token?: string }>(bastion.url, `/api/boot?mac=${of}`);
  await until(async () => (await boot()).token !== undefined);
  return { Authorization: `Bearer ${(await boot()).token}` };
}

const asPerson = async (): Promise<Record<string, string>> => ({
  Authorization: `Bearer ${(await readFile(join(place.dir, 'api.token'), 'utf8')).trim()}`,
});

interface Read {
  stages: { stage: string; state?: string; error?: string }[];
  log_lines: string[];
  log_total: number;
}

const read = async (of = mac): Promise<Read> => {
  const response = await fetch(`${bastion.url}/api/logs/${of}`, { headers: await asPerson() });
  return (await response.json()) as Read;
};

interface Event {
  event: string;
  id: string;
  data: Record<string, unknown>;
}

/** Follows a log until an event satisfies `isLast`. */
async function follow(isLast: (event: Event) => boolean, headers: Record<string, string> = {}): Promise<Event[]> {
  const left = new AbortController();
  onTestFinished(() => left.abort());
  const response = await fetch(`${bastion.url}/api/logs/${mac}/follow`, {
    headers: { ...(await asPerson()), ...headers },
    signal: left.signal,
  });
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  const events: Event[] = [];
  let text = '';
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (reader === undefined) throw new Error('It has no body');
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    text += read.value;
    const blocks = text.split('\n\n');
    text = blocks.pop()!;
    for (const block of blocks) {
      const fields = Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2)));
      if (fields['event'] === undefined) continue;
      const data = JSON.parse(fields['data']) as Event['data'];
      const event: Event = { event: fields['event'], id: fields['id'], data };
      events.push(event);
      if (isLast(event)) return events;
    }
  }
  throw new Error('It ended before');
}

describe('a log', () => {
  test('has stages, lines and how many there were', async () => {
    const token = await install(mac);
    await post(bastion.url, '/api/progress', { mac, stage: 'partition', seq: 1 }, token);
    await post(bastion.url, '/api/log', { mac, lines: ['one', 'two'] }, token);
    const failed = { stage: 'packages', state: 'failed', error: 'No space left' };
    await post(bastion.url, '/api/progress', { mac, seq: 2, ...failed }, token);
    const { stages, log_lines, log_total } = await read();
    expect(stages).toMatchObject([
      { stage: 'booting' },
      { stage: 'partition' },
      { stage: 'packages', state: 'FAILED', error: 'No space left' },
    ]);
    expect({ log_lines, log_total }).toEqual({ log_lines: ['one', 'two'], log_total: 2 });
  });

  test('is empty for a machine that said nothing, and refuses what is no MAC', async () => {
    expect(await read(macOf(9))).toEqual({ mac: macOf(9), stages: [], log_lines: [], log_total: 0 });
    const response = await fetch(`${bastion.url}/api/logs/..%2f..%2fetc`, { headers: await asPerson() });
    expect(response.status).toBe(422);
  });

  test('is for people who have the directory: neither for anybody nor for a machine', async () => {
    const token = await install(mac);
    for (const headers of [{}, token, { Authorization: 'Bearer lab_bastion_guess' }])
      for (const path of [`/api/logs/${mac}`, `/api/logs/${mac}/follow`, '/api/machines'])
        expect((await fetch(`${bastion.url}${path}`, { headers })).status, path).toBe(403);
  });

  test('keeps the last lines of many, over a restart, and nothing twice', async () => {
    const token = await install(mac);
    const lines = Array.from({ length: MOST_LINES + 500 }, (_, n) => `line ${n}`);
    await post(bastion.url, '/api/log', { mac, lines }, token);
    await bastion.stop();
    await start();
    await post(bastion.url, '/api/log', { mac, line: 'after' }, token);
    const { log_lines, log_total } = await read();
    expect(log_total).toBe(lines.length + 1);
    expect(log_lines).toEqual([...lines, 'after'].slice(-MOST_LINES));
  });

  test('is followed as it comes, and again from where somebody stopped without a gap or a line twice', async () => {
    const token = await install(mac);
    await post(bastion.url, '/api/log', { mac, lines: ['one', 'two'] }, token);
    const isEnd = ({ data }: Event) => data['line'] === 'end';
    const whole = follow(isEnd);
    await post(bastion.url, '/api/log', { mac, line: 'three' }, token);
    await post(bastion.url, '/api/progress', { mac, stage: 'reboot', seq: 1 }, token);
    await post(bastion.url, '/api/log', { mac, line: 'end' }, token);
    const said = (events: Event[], kind: string, what: string) =>
      events.filter(({ event }) => event === kind).map(({ data }) => data[what]);
    const events = await whole;
    expect(said(events, 'log', 'line')).toEqual(['one', 'two', 'three', 'end']);
    expect(said(events, 'stage', 'stage')).toEqual(['booting', 'reboot']);
    const stopped = events.find(({ data }) => data['line'] === 'two')!;
    const rest = await follow(isEnd, { 'Last-Event-ID': stopped.id });
    expect(said(rest, 'log', 'line')).toEqual(['three', 'end']);
    expect(said(rest, 'stage', 'stage')).not.toContain('booting');
  });

  test('says how many lines went by for one that comes back late', async () => {
    const token = await install(mac);
    await post(bastion.url, '/api/log', { mac, line: 'first' }, token);
    const [first] = (await follow(({ event }) => event === 'log')).filter(({ event }) => event === 'log');
    const lines = Array.from({ length: MOST_LINES + 300 }, (_, n) => `line ${n}`);
    await post(bastion.url, '/api/log', { mac, lines }, token);
    const [missed, next] = await follow(({ event }) => event === 'log', { 'Last-Event-ID': first!.id });
    expect(missed).toMatchObject({ event: 'missed', data: { lines: 300 } });
    expect(next).toMatchObject({ event: 'log', data: { n: 301, line: 'line 300' } });
  });
});

describe('a flood', () => {
  test('of one machine is dropped, counted and marked, and takes nothing from another', async () => {
    const [loud, quiet] = [await install(mac), await install(macOf(2))];
    const lines = Array.from({ length: 10_000 }, (_, n) => `x${n}`);
    let dropped = 0;
    for (let i = 0; i < 10; i++) {
      const { status, body } = await post(bastion.url, '/api/log', { mac, lines }, loud);
      expect(status).toBe(202);
      dropped += Number(body['dropped'] ?? 0);
      const other = await post(bastion.url, '/api/log', { mac: macOf(2), line: `quiet ${i}` }, quiet);
      expect(other).toMatchObject({ status: 202, body: { lines: 1 } });
      expect(other.body['dropped']).toBeUndefined();
    }
    expect(dropped).toBeGreaterThan(50_000);
    await post(bastion.url, '/api/progress', { mac, stage: 'packages', seq: 1 }, loud);
    const said = (await read()).log_lines.flatMap(
      (line) => /^lab-bastion: (\d+) lines were dropped/.exec(line)?.[1] ?? [],
    );
    const stored = (await read()).log_total;
    // All that was sent is there or counted; a mark is a line too.
    expect(said.length).toBeGreaterThan(0);
    expect(stored).toBeGreaterThanOrEqual(100_000 - dropped);
    expect((await read(macOf(2))).log_lines).toEqual(Array.from({ length: 10 }, (_, i) => `quiet ${i}`));
  });
});
