// A bastion that is revoked, as processes against a real labd: cut off, kept, and let in again by a person only.
import { expect, onTestFinished, test } from 'vitest';
import { ask, bastion, bastionOf, bastionPlace, everyServer, labd, type Program } from './processes.ts';

const uplinkOf = async ({ url }: Program) => {
  const answer = await fetch(new URL('/healthz', url));
  return (await answer.json()) as { uplink: string; waiting: number };
};

const report = async ({ url }: Program, mac: string) => {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ mac });
  expect((await fetch(new URL('/api/discover', url), { method: 'POST', headers, body })).status).toBe(202);
};

test('a revoked bastion is cut off at once, loses nothing, and comes back with a new token only', async () => {
  const to = await labd();
  const place = await bastionPlace('site-1');
  const first = await bastion(place, to);
  await expect.poll(() => uplinkOf(first)).toMatchObject({ uplink: 'open' });
  await report(first, '02:00:00:00:00:01');
  await expect.poll(() => everyServer(to.url)).toHaveLength(1);

  const { revoked } = await ask<{ revoked: { __typename: string; revokedAt: string } }>(
    to.url,
    'mutation { revoked: revokeBastion(by: { name: "site-1" }) { __typename ... on Bastion { revokedAt } } }',
  );
  expect(revoked).toMatchObject({ __typename: 'Bastion', revokedAt: expect.any(String) as string });
  await expect.poll(() => uplinkOf(first)).toMatchObject({ uplink: 'closed' });
  await report(first, '02:00:00:00:00:02');
  expect(await uplinkOf(first)).toMatchObject({ waiting: 1 });

  // The same directory, once without another token and once with one.
  await first.stop();
  await first.start();
  await report(first, '02:00:00:00:00:03');
  expect(await uplinkOf(first)).toMatchObject({ uplink: 'closed', waiting: 2 });
  expect(await everyServer(to.url)).toHaveLength(1);
  await first.stop();
  const second = await bastionOf(place, to);
  onTestFinished(() => second.kill());
  await second.start();
  await expect.poll(() => everyServer(to.url), { timeout: 10_000 }).toHaveLength(3);
  const { bastions } = await ask<{ bastions: { nodes: { name: string; revokedAt: null }[] } }>(
    to.url,
    '{ bastions { nodes { name revokedAt } } }',
  );
  expect(bastions.nodes).toEqual([{ name: 'site-1', revokedAt: null }]);
});
