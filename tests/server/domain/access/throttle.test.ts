// How often somebody may fail, and who is slowed by whom.
import { expect, test } from 'vitest';
import { blockOf } from '../../../../server/domain/access/addressBlock.ts';
import { type Bucket, createThrottle } from '../../../../server/domain/access/throttle.ts';

const ann: Bucket = { of: 'personHere', who: 'user "ann" at 192.0.2.7' };
const bob: Bucket = { of: 'personHere', who: 'user "bob" at 192.0.2.7' };
const block: Bucket = { of: 'block', who: '192.0.2.7' };

function fail(throttle: ReturnType<typeof createThrottle>, times: number, ...buckets: Bucket[]): void {
  for (let i = 0; i < times; i++) {
    throttle.check(...buckets);
    throttle.failed(...buckets);
  }
}

test('ten failures are forgiven, then one every half minute', () => {
  let now = 0;
  const throttle = createThrottle(() => now);
  fail(throttle, 10, ann);
  expect(() => throttle.check(ann)).toThrow(
    expect.objectContaining({
      name: 'Conflict',
      message: 'There were too many failed sign-ins of user "ann" at 192.0.2.7.',
      remedy: 'Wait 30 seconds, then try again.',
      retryAfter: 30,
    }) as Error,
  );
  throttle.check(bob);
  now += 30_000;
  fail(throttle, 1, ann);
  expect(() => throttle.check(ann)).toThrow(/too many/);
  throttle.succeeded(ann);
  throttle.check(ann);
});

test('signing in as oneself pays for no guess at somebody else', () => {
  const throttle = createThrottle(() => 0);
  fail(throttle, 49, block);
  for (let i = 0; i < 5; i++) {
    throttle.check(block);
    throttle.failed(block);
    throttle.succeeded(block);
  }
  fail(throttle, 1, block);
  expect(() => throttle.check(block)).toThrow(/too many failed sign-ins from 192/);
});

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['::ffff:c000:207', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::', '2001:db8:1:2::/64'],
  ['2001:0db8:0001:0002:ffff::1', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['', ''],
])('%j is counted as %j', (address, counted) => {
  expect(blockOf(address)).toBe(counted);
});
