// Metrics: for whoever may read everything, or on a port where nothing else is.
import { createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { endLabd, startLabdProcess, temporaryDirectory, type LabdProcess } from './process.ts';
import { post } from './toy.ts';

let labd: LabdProcess;
let port: number;
beforeAll(async () => {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  port = (probe.address() as AddressInfo).port;
  await new Promise((resolve) => probe.close(resolve));
  labd = await startLabdProcess(await temporaryDirectory(), { LABD_METRICS_PORT: String(port) });
});
afterAll(() => endLabd(labd));

const get = async (url: string | URL, headers: Record<string, string> = {}) => {
  const answer = await fetch(url, { headers, redirect: 'manual' });
  return { status: answer.status, text: await answer.text() };
};

test('are on a port of their own without a credential, and nothing else is', async () => {
  const own = `http://127.0.0.1:${port}`;
  expect((await get(`${own}/metrics`)).text).toContain('labd_database_up 1');
  expect(await get(`${own}/healthz`)).toEqual({ status: 200, text: 'ok\n' });
  for (const path of ['/graphql', '/', '/sign-in', '/readyz', '/metrics/'])
    expect((await get(`${own}${path}`)).status, path).toBe(404);
  expect((await fetch(`${own}/metrics`, { method: 'POST' })).status).toBe(405);
});

test('take read on everything where the rest is', async () => {
  const url = new URL('/metrics', labd.url);
  expect((await get(url)).status).toBe(401);
  expect((await get(url, labd.headers)).text).toContain('labd_database_up 1');
  const made = await post(
    labd.url,
    `mutation {
      createRole(input: { name: "some", permissions: ["read:a:*:*"] }) { __typename }
      createUser(input: { name: "some", roles: [{ name: "some" }] }) { __typename }
      made: createToken(input: { purpose: API, user: { name: "some" } }) { ... on CreatedToken { secret } } }`,
    labd,
  );
  const { secret } = made.body.data!['made'] as { secret: string };
  expect((await get(url, { authorization: `Bearer ${secret}` })).status).toBe(403);
});
