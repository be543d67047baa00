// Which addresses are leased is told once a session and when that changes; renewals alone are told once a minute.
import { pino } from 'pino';
import { expect, test, vi } from 'vitest';
import { ConnectionEnded, OperationFailed, type Connection } from '../../../bastion/uplink/connection.ts';
import type { UplinkContext } from '../../../bastion/uplink/context.ts';
import { tellLeases } from '../../../bastion/uplink/tellLeases.ts';
import { LIMITS } from '../../../server/limits/limits.ts';
import { defaultTimings } from '../../../bastion/uplink/timings.ts';

const HOUR = 3_600_000;
const lease = (n: number, expires = HOUR) => ({ ip: `10.0.0.${n}`, mac: `02:00:00:00:00:0${n}`, expires });

function telling(...answers: (object | Error)[]) {
  const asked: string[][] = [];
  const whole: object[] = [];
  const here = { leases: [lease(2), lease(1)], elapsed: 0, ends: (_reason: ConnectionEnded) => {} };
  const ended = new Promise<ConnectionEnded>((resolve) => (here.ends = resolve));
  const on = {
    ended,
    request: async (_document: unknown, { input }: { input: { leases: { ip: string; expiresAt: string }[] } }) => {
      whole.push(input);
      asked.push(input.leases.map(({ ip, expiresAt }) => `${ip} ${expiresAt.slice(11, 16)}`));
      const answer = answers.shift() ?? { __typename: 'BastionLeasesTold' };
      if (answer instanceof Error) throw answer;
      return { tellBastionLeases: answer };
    },
  } as unknown as Connection;
  let wake: (() => void) | undefined;
  const context = {
    introduction: { name: 'site' },
    timings: defaultTimings,
    clock: { elapsed: () => here.elapsed },
    sleep: () => new Promise<void>((resolve) => (wake = resolve)),
    log: pino({ level: 'silent' }),
  } as unknown as UplinkContext;
  const over = tellLeases(context, on, 'Bastion:1', 3, { leased: () => here.leases });
  over.catch(() => {});
  /** The next look, so many milliseconds later; resolves to what was told then. */
  const look = async (later: number) => {
    const asleep = () => vi.waitFor(() => expect(wake).toBeDefined(), { interval: 1 });
    await asleep();
    const before = asked.length;
    here.elapsed += later;
    const go = wake;
    wake = undefined;
    go?.();
    await Promise.race([asleep(), over.catch(() => {})]);
    return asked.slice(before);
  };
  return { asked, whole, here, look, over };
}

test('in their order, when they come and go', async () => {
  const { asked, here, look } = telling();
  await vi.waitFor(() => expect(asked).toEqual([['10.0.0.1 01:00', '10.0.0.2 01:00']]));
  expect(await look(5_000)).toEqual([]);
  here.leases = [lease(1)];
  expect(await look(5_000)).toEqual([['10.0.0.1 01:00']]);
  here.leases = [{ ...lease(1), mac: '02:00:00:00:00:09' }];
  expect(await look(5_000)).toEqual([['10.0.0.1 01:00']]);
  here.leases = [];
  expect(await look(5_000)).toEqual([[]]);
});

test('renewals once a minute, and with what else is new', async () => {
  const { asked, here, look } = telling();
  await vi.waitFor(() => expect(asked).toHaveLength(1));
  here.leases = [lease(1, 2 * HOUR), lease(2)];
  expect(await look(5_000)).toEqual([]);
  expect(await look(55_000)).toEqual([['10.0.0.1 02:00', '10.0.0.2 01:00']]);
  here.leases = [lease(1, 3 * HOUR), lease(2), lease(3)];
  expect(await look(5_000)).toEqual([['10.0.0.1 03:00', '10.0.0.2 01:00', '10.0.0.3 01:00']]);
});

test('one that never ends has an end that labd can keep', async () => {
  const { asked, whole, here, look } = telling();
  await vi.waitFor(() => expect(asked).toHaveLength(1));
  here.leases = [lease(1, Number.MAX_SAFE_INTEGER)];
  expect(await look(5_000)).toHaveLength(1);
  // labd's dates have four digits of a year.
  expect(JSON.stringify(whole.at(-1))).toContain('"9999-12-31T00:00:00.000Z"');
});

test('more than labd takes: as many as it does', async () => {
  const { asked, here, look } = telling();
  await vi.waitFor(() => expect(asked).toHaveLength(1));
  here.leases = Array.from({ length: 1_501 }, (_, i) => ({ ...lease(1), ip: `10.1.${i >> 8}.${i & 255}` }));
  expect((await look(5_000))[0]).toHaveLength(1_500);
});

test('an older labd, which knows no such thing, is not troubled with the same again', async () => {
  const { asked, look } = telling(
    new OperationFailed([{ message: 'No such field', extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }]),
  );
  await vi.waitFor(() => expect(asked).toHaveLength(1));
  expect(await look(60_000)).toEqual([]);
});

test('what labd could not take is told again', async () => {
  const failed = new OperationFailed([{ message: 'The database is away', extensions: { code: 'UNAVAILABLE' } }]);
  const { asked, look } = telling(failed, { __typename: 'InvalidInput', message: 'No.', remedy: 'Do.' });
  await vi.waitFor(() => expect(asked).toHaveLength(1));
  expect(await look(5_000)).toHaveLength(1);
  expect(await look(5_000)).toHaveLength(1);
  expect(await look(5_000)).toEqual([]);
});

test('as many as labd takes are a message that labd takes', async () => {
  const { asked, here, look, whole } = telling();
  await vi.waitFor(() => expect(asked).toHaveLength(1));
  here.leases = Array.from({ length: 2_000 }, (_, i) => ({ ...lease(1), ip: `110.111.1${i >> 8}.1${i & 255}` }));
  await look(5_000);
  expect(Buffer.byteLength(JSON.stringify(whole.at(-1)))).toBeLessThan(LIMITS.maxBytes / 1.5);
});

test('until the connection ends, or a newer session takes over', async () => {
  const { asked, here, look, over } = telling();
  await vi.waitFor(() => expect(asked).toHaveLength(1));
  const end = new ConnectionEnded('labd is gone');
  here.ends(end);
  await look(5_000);
  await expect(over).rejects.toBe(end);
  const other = telling({ __typename: 'UplinkFenced', message: 'There is another.' });
  await expect(other.over).rejects.toThrow('There is another.');
});
