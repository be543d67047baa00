// The output of an install as it is written: told at once, without a poll, and not looked for at every change of the fleet.
import { expect, onTestFinished, test } from 'vitest';
import { followLines } from '../../../server/stream/lines.ts';
import { tester } from '../../support/database.ts';
import { machine, openFleet } from '../domain/fleet/fleet.ts';
import { install } from '../domain/fleet/installing.ts';

/** Milliseconds: longer than any test. */
const NEVER = 600_000;

async function reading() {
  const lab = await openFleet();
  const site = await lab.connect('site');
  await site.report(machine(1));
  const installer = await install({ ...lab, site });
  const { id } = await lab.db.prisma.installAttempt.findFirstOrThrow();
  let looks = 0;
  const attempt = async () => {
    looks += 1;
    return (await lab.db.prisma.installAttempt.findUnique({ where: { id } })) ?? undefined;
  };
  const lines = followLines(lab.db, id, attempt, -1n, NEVER);
  onTestFinished(async () => void (await lines.return?.()));
  const next = async () => (await lines.next()).value?.line;
  return { ...lab, site, ...installer, lines, next, looks: () => looks };
}

test('a reader who waits hears of lines, which are no changes, and of the end', async () => {
  const { site, log, installed, next, lines } = await reading();
  for (const n of [0, 1, 2]) {
    const coming = next();
    await site.send(log(n, `line ${n}`));
    expect(await coming).toBe(`line ${n}`);
  }
  const end = lines.next();
  await site.send(log(3, 'the last'), installed);
  expect((await end).value?.line).toBe('the last');
  expect((await lines.next()).done).toBe(true);
});

test('a busy fleet makes a reader look some times a second, and no more', async () => {
  const { db, site, log, next, looks } = await reading();
  const coming = next();
  const begun = performance.now();
  for (let n = 0; n < 40; n++)
    await db.write(tester, async ({ announce }) => {
      announce();
    });
  const took = performance.now() - begun;
  expect(looks()).toBeLessThanOrEqual(2 + took / 50);
  await site.send(log(0, 'a line'));
  expect(await coming).toBe('a line');
});

test('a reader who leaves while it waits is let go at once', async () => {
  const { next, lines } = await reading();
  const coming = next();
  await lines.return?.();
  expect(await coming).toBeUndefined();
});
