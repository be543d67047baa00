// Clocks that are set, in the middle of what one process counts or waits for.
import { describe, expect, test } from 'vitest';
import { realSystem } from '../../common/system.ts';
import { steadyClock } from '../../common/steadyClock.ts';
import { TooManyTries } from '../../server/domain/errors.ts';
import { authorityOf, makeAuthority } from '../../server/domain/access/authority.ts';
import { createThrottle } from '../../server/domain/access/throttle.ts';
import { renewAt } from '../../bastion/uplink/renewal.ts';
import { newKey } from '../../bastion/enrolment/enrolment.ts';
import { requestFor } from '../../bastion/enrolment/request.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;
const JUMPS = [
  ['an hour ahead', HOUR],
  ['an hour back', -HOUR],
  ['a year ahead', YEAR],
  ['a year back', -YEAR],
] as const;

/** A process on a machine, and the clock of its database. */
function machine() {
  const at = { elapsed: 1_000, slept: 0, theirs: Date.parse('2026-06-01T12:00:00Z') };
  const system = {
    ...realSystem,
    now: () => at.theirs,
    elapsed: () => at.elapsed,
    uptime: () => at.elapsed + at.slept,
  };
  const said: string[] = [];
  const clock = steadyClock(system, {
    onJump: (by) => said.push(`jump ${by}`),
    onFollow: (from, to) => said.push(`follow ${to - from}`),
  });
  const pass = (milliseconds: number) => {
    for (let left = milliseconds; left > 0; left -= 10_000) {
      at.elapsed += Math.min(10_000, left);
      at.theirs += Math.min(10_000, left);
      clock.follow(at.theirs);
    }
  };
  clock.follow(at.theirs);
  return { at, clock, said, pass, now: clock.system.now };
}

describe.each(JUMPS)("labd's clock, when the database's is set %s,", (_what, jump) => {
  test('goes on as before, and is the same when that is put right within the hour', () => {
    const { at, clock, said, pass, now } = machine();
    const begun = now();
    pass(60_000);
    at.theirs += jump;
    pass(50 * 60_000);
    expect(now() - begun).toBe(51 * 60_000);
    expect(clock.away).toBe(jump);
    at.theirs -= jump;
    pass(60_000);
    expect(now() - begun).toBe(52 * 60_000);
    expect(clock.away).toBe(0);
    expect(said).toEqual([`jump ${jump}`]);
  });

  test('follows once that has stood for an hour, and says when', () => {
    const { at, clock, said, pass, now } = machine();
    at.theirs += jump;
    pass(HOUR + 20_000);
    expect(now()).toBe(at.theirs);
    expect(clock.away).toBe(0);
    expect(said).toEqual([`jump ${jump}`, `follow ${jump}`]);
  });

  test('begins to wait anew when that is set once more', () => {
    const { at, said, pass, now } = machine();
    const begun = now();
    at.theirs += jump;
    pass(50 * 60_000);
    at.theirs += jump;
    pass(50 * 60_000);
    expect(now() - begun).toBe(100 * 60_000);
    expect(said).toEqual([`jump ${jump}`, `jump ${2 * jump}`]);
  });
});

test("labd's clock follows at once when its machine has slept, which no clock of the process counts", () => {
  const { at, said, pass, now } = machine();
  at.slept += 8 * HOUR;
  at.theirs += 8 * HOUR;
  pass(10_000);
  expect(now()).toBe(at.theirs);
  expect(said).toEqual([]);
});

test("labd's clock follows what two clocks drift apart, however far that leads", () => {
  const { at, said, pass, now } = machine();
  for (let minute = 0; minute < 600; minute++) {
    at.theirs += 100;
    pass(60_000);
    expect(Math.abs(at.theirs - now())).toBeLessThanOrEqual(250);
  }
  expect(said).toEqual([]);
});

test('wrong passwords lock nobody out for longer, whatever the wall clock does: they are counted by time that elapsed', () => {
  let elapsed = 0;
  const throttle = createThrottle(() => elapsed);
  const ann = { of: 'personHere', who: 'user "ann" at 192.0.2.1' } as const;
  for (let i = 0; i < 10; i++) throttle.failed(ann);
  expect(() => throttle.check(ann)).toThrow(TooManyTries);
  elapsed += 30_000;
  expect(() => throttle.check(ann)).not.toThrow();
});

describe.each(JUMPS)("a certificate that came while the bastion's clock was %s", (_what, jump) => {
  test('is renewed before it ends, once the clock is right', async () => {
    const authority = await authorityOf(await makeAuthority(realSystem), realSystem);
    const subject = {
      kind: 'bastion',
      id: '0198a000-0000-7000-8000-000000000001',
      name: 'site-1',
      enrolment: '0198a000-0000-7000-8000-000000000002',
    } as const;
    const { certificate, expiresAt } = await authority.sign(requestFor(newKey()), subject);
    const due = renewAt({ certificate, since: Date.now() + jump }, 0);
    expect(due).toBeLessThan(expiresAt.getTime() - 2 * DAY);
    expect(due).toBeGreaterThan(Date.now() - HOUR);
  });
});
