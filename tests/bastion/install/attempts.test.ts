// The attempts of a bastion: their tokens, their states, and the files that keep both.
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Attempts, type Ordered } from '../../../bastion/install/attempts.ts';
import { hashToken, isToken, makeToken } from '../../../bastion/install/token.ts';
import { eventOf, states, type AttemptEvent, type AttemptState } from '../../../bastion/install/states.ts';
import { seal } from '../../../common/sealed.ts';
import { macOf, temporary } from '../support.ts';

const said: string[] = [];
const open = (dir: string) => Attempts.open({ dir, bytes: randomBytes, warn: (message) => said.push(message) });

const fileOf = (dir: string, { hash }: { hash: string }) => join(dir, 'attempts', `${hash}.json`);

async function started() {
  const { dir, remove } = await temporary();
  onTestFinished(remove);
  return { dir, attempts: await open(dir) };
}

const order = (n: number, number = 1, macs = [macOf(n)]): Ordered => ({
  order: `Order:${n}-${number}`,
  server: `Server:${n}`,
  number,
  macs,
  os: 'fedora-43',
});

describe('a token', () => {
  test('is 256 random bits, and only itself has its hash', () => {
    const [one, other] = [makeToken(randomBytes), makeToken(randomBytes)];
    expect(one).toMatch(/^lab_inst_[\w-]{43}$/);
    expect(one).not.toBe(other);
    expect([isToken(one, hashToken(one)), isToken(other, hashToken(one))]).toEqual([true, false]);
    for (const given of ['', hashToken(one), `${one} `, one.slice(0, -1), one.toLowerCase()])
      expect(isToken(given, hashToken(one))).toBe(false);
  });
});

describe('an attempt', () => {
  test('is found by its token and any MAC of its machine, and by no other', async () => {
    const { attempts } = await started();
    const [one, other] = [await attempts.offer(order(1, 1, [macOf(1), macOf(11)])), await attempts.offer(order(2))];
    expect(attempts.provenBy(one.token!, macOf(1))?.hash).toBe(one.hash);
    expect(attempts.provenBy(one.token!, macOf(11))?.hash).toBe(one.hash);
    expect(attempts.provenBy(one.token!, macOf(2))).toBeUndefined();
    expect(attempts.provenBy(other.token!, macOf(1))).toBeUndefined();
    expect(attempts.provenBy(one.hash, macOf(1))).toBeUndefined();
  });

  test('that is ordered twice has one token', async () => {
    const { dir, attempts } = await started();
    const first = await attempts.offer(order(1));
    expect(await attempts.offer(order(1))).toEqual(first);
    expect(await (await open(dir)).offer(order(1))).toEqual(first);
  });

  test('that began without labd is ended by what labd orders for its machine', async () => {
    const { dir, attempts } = await started();
    const begin = async (n: number, number = 1) => {
      const own = await attempts.offer({ server: macOf(n), number, macs: [macOf(n), macOf(n + 10)], os: 'debian-13' });
      await attempts.note(own, 'taken');
      return own;
    };
    const [one, two] = [await begin(1), await begin(2)];
    // Nobody at labd waits for an answer about them.
    expect(attempts.offered()).toEqual([]);
    expect(attempts.own().map(({ hash }) => hash)).toEqual([one.hash, two.hash]);
    expect(await attempts.cancel({ server: 'Server:1', number: 3, macs: [macOf(1)] })).toBe(true);
    expect(attempts.provenBy(one.token!, macOf(11))?.state).toBe('cancelled');
    await attempts.note(await attempts.offer(order(2, 1, [macOf(2)])), 'taken');
    expect(attempts.provenBy(two.token!, macOf(2))?.state).toBe('cancelled');
    expect((await open(dir)).openFor(macOf(2))?.server).toBe('Server:2');
  });

  test('ends when another of its server is ordered; the last one alone is remembered', async () => {
    const { attempts } = await started();
    const tokens = [];
    for (const number of [1, 2, 3]) tokens.push((await attempts.offer(order(1, number))).token!);
    expect(tokens.map((token) => attempts.provenBy(token, macOf(1))?.state)).toEqual([
      undefined,
      'cancelled',
      'offered',
    ]);
  });

  test('survives a restart in each state; its token is gone from the disk once it has ended', async () => {
    const { dir, attempts } = await started();
    const { token, hash } = await attempts.offer(order(1));
    for (const [event, state] of [
      ['taken', 'armed'],
      ['handedOut', 'booting'],
      ['calledBack', 'running'],
      ['reboots', 'disarmed'],
      ['ended', 'over'],
    ] as const) {
      await attempts.note(attempts.provenBy(token!, macOf(1))!, event);
      expect((await open(dir)).provenBy(token!, macOf(1))).toMatchObject({ state, hash });
    }
    expect(await readFile(fileOf(dir, { hash }), 'utf8')).not.toContain(token!);
    expect((await stat(fileOf(dir, { hash }))).mode & 0o777).toBe(0o600);
  });

  test('goes with its machine when that is forgotten', async () => {
    const { dir, attempts } = await started();
    const { token } = await attempts.offer(order(1));
    await attempts.forget([macOf(2)]);
    expect(attempts.provenBy(token!, macOf(1))).toBeDefined();
    await attempts.forget([macOf(1)]);
    expect((await open(dir)).provenBy(token!, macOf(1))).toBeUndefined();
    expect(await readdir(join(dir, 'attempts'))).toEqual([]);
  });

  test('rule 7: decides what a MAC boots only when it is the only one with that MAC, or boots from it', async () => {
    const { attempts } = await started();
    const shared = macOf(9);
    for (const n of [1, 2]) await attempts.note(await attempts.offer(order(n, 1, [macOf(n), shared])), 'taken');
    expect(attempts.openFor(shared)).toBeUndefined();
    expect(attempts.openFor(macOf(1))?.server).toBe('Server:1');
    await attempts.cancel({ macs: [], server: 'Server:2', number: 1 });
    expect(attempts.openFor(shared)?.server).toBe('Server:1');
  });
});

describe('the files', () => {
  test('with any bit flipped are not taken for others: their installs fail, and no other machine is armed', async () => {
    const { dir, attempts } = await started();
    const attempt = await attempts.offer(order(1));
    await attempts.note(attempt, 'taken');
    const file = fileOf(dir, attempt);
    const whole = await readFile(file);
    said.length = 0;
    let flipped = 0;
    for (let bit = 3; bit < (whole.length - 1) * 8; bit += 37) {
      const damaged = Buffer.from(whole);
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      await writeFile(file, damaged);
      expect((await open(dir)).openFor(macOf(1))).toBeUndefined();
      flipped += 1;
    }
    expect(said).toHaveLength(flipped);
    expect(said[0]).toContain('.json is unreadable, and counts no more: installs that were under way fail');
  });

  test('of others are not written when one moves on, and a damaged one leaves the others as they are', async () => {
    const { dir, attempts } = await started();
    const [one, other] = [await attempts.offer(order(1)), await attempts.offer(order(2))];
    const before = await stat(fileOf(dir, other), { bigint: true });
    await attempts.note(one, 'taken');
    expect((await stat(fileOf(dir, other), { bigint: true })).ino).toBe(before.ino);
    await writeFile(fileOf(dir, one), 'rot');
    const again = await open(dir);
    expect(again.offered()).toEqual([other]);
    expect(await readdir(join(dir, 'attempts'))).toEqual([`${other.hash}.json`]);
  });

  test('have one attempt of a server that counts, whatever a power cut kept of the one before', async () => {
    const { dir, attempts } = await started();
    const first = await attempts.offer(order(1, 1));
    await attempts.note(first, 'taken');
    const armed = await readFile(fileOf(dir, first));
    const second = await attempts.offer(order(1, 2));
    await writeFile(fileOf(dir, first), armed);
    const again = await open(dir);
    await again.note(second, 'taken');
    expect(again.openFor(macOf(1))?.number).toBe(2);
    expect(again.provenBy(first.token!, macOf(1))?.state).toBe('cancelled');
  });

  test('that could not be written are written with the next note, also when that changes nothing', async () => {
    const { dir, attempts } = await started();
    const attempt = await attempts.offer(order(1));
    await attempts.note(attempt, 'taken');
    await rm(dir, { recursive: true });
    await expect(attempts.note(attempt, 'reboots')).rejects.toMatchObject({ code: 'ENOENT' });
    await mkdir(dir);
    await attempts.note(attempt, 'reboots');
    expect((await open(dir)).provenBy(attempt.token!, macOf(1))?.state).toBe('disarmed');
  });
});

describe('the one file of earlier versions', () => {
  const kept = (n: number) => {
    const token = makeToken(randomBytes);
    return { ...order(n), state: 'running' as const, token, hash: hashToken(token), seq: 3 };
  };

  test('is moved into files of their own, and counts for all of them until that is done', async () => {
    const { dir } = await started();
    const [stale, one, other] = [kept(1), kept(1), kept(2)];
    await mkdir(join(dir, 'attempts'));
    await writeFile(fileOf(dir, stale), seal(stale));
    await writeFile(join(dir, 'attempts.json'), seal({ attempts: [one, other] }));
    for (const attempts of [await open(dir), await open(dir)])
      expect(attempts.open().toSorted((a, b) => a.server.localeCompare(b.server))).toEqual([one, other]);
    expect(await readdir(dir)).toEqual(['attempts']);
    expect(await readdir(join(dir, 'attempts'))).toHaveLength(2);
  });

  test('that is damaged is none', async () => {
    const { dir } = await started();
    await writeFile(join(dir, 'attempts.json'), seal({ attempts: [kept(1)] }).replace('running', 'runnimg'));
    said.length = 0;
    expect((await open(dir)).open()).toEqual([]);
    expect(said[0]).toContain('attempts.json is unreadable, and counts no more');
    expect(await readdir(dir)).toEqual(['attempts']);
  });
});

describe('the table of states', () => {
  const events: AttemptEvent[] = ['taken', 'handedOut', 'calledBack', 'reboots', 'ended', 'cancelled'];
  const all = Object.keys(states) as AttemptState[];
  const after = (from: AttemptState): AttemptState[] => events.flatMap((event) => states[from].leadsTo[event] ?? []);

  test('rule 9: nothing leads back to where the installer is booted', () => {
    const reach = (from: AttemptState, seen = new Set<AttemptState>()): Set<AttemptState> => {
      for (const next of after(from)) if (!seen.has(next)) reach(next, seen.add(next));
      return seen;
    };
    for (const state of all.filter((one) => states[one].netboot !== 'install' && one !== 'offered'))
      expect([...reach(state)].filter((one) => states[one].netboot === 'install')).toEqual([]);
    expect(all.filter((state) => reach(state).has(state))).toEqual([]);
  });

  test('rule 1: what has ended takes no callback, and leads nowhere', () => {
    for (const state of ['over', 'cancelled'] as const)
      expect(states[state]).toMatchObject({ open: false, leadsTo: {} });
    for (const state of all.filter((one) => states[one].open))
      expect(states[state].leadsTo).toMatchObject({ ended: 'over', cancelled: 'cancelled' });
  });

  test.each([
    ['booting', false, undefined],
    ['Queued', false, undefined],
    ['partition', false, 'calledBack'],
    ['whatever', false, 'calledBack'],
    ['REBOOT', false, 'reboots'],
    ['first_boot', false, 'reboots'],
    ['packages', true, 'ended'],
  ])('a callback in stage %s, the last: %s, is %s', (stage, isFinal, event) => {
    expect(eventOf(stage, isFinal)).toBe(event);
  });
});
