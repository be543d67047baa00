// A lease is the address of a machine's interface, from the DHCP exchange to what labd says: all programs, and a real dnsmasq.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openStation, type Station } from '../bastion/dhcp/lab.ts';
import { openSite, type Site } from '../boot/site.ts';

const MAC = '52:54:00:00:00:07';
const NAME = 'm-525400000007';
const BASTION = 'http://10.77.0.1:8080';

let site: Site;
let station: Station;

beforeAll(async () => {
  site = await openSite();
  station = await openStation({ machines: site.plug('10.77.0.50/24') }, 1_000);
});
afterAll(async () => {
  station.close();
  await site.stop();
});

/** Gets an address as an operating system does that has none; undefined while nobody serves. */
async function lease(): Promise<string | undefined> {
  const offer = await station.discover(MAC, {});
  const given = offer && (await station.request(MAC, {}, offer));
  return given?.yourAddress;
}

const nic = async (): Promise<string> =>
  (
    await site.lab(
      'get',
      'server',
      NAME,
      '-o',
      'jsonpath={.status.nics[0].ip} {.status.nics[0].addresses} {.status.nics[0].network}',
    )
  ).out.trim();

test('what a machine leases is the address of its interface, and so is the one that is reserved for it later', async () => {
  const report = JSON.stringify({ mac: MAC, nics: [{ name: 'eth0', mac: MAC, state: 'up' }] });
  const header = 'content-type: application/json';
  const posted = await site.inside('curl', '-sf', '-H', header, '-d', report, `${BASTION}/api/discover`);
  expect(posted).toMatchObject({ code: 0 });
  await expect.poll(async () => (await site.lab('get', 'servers')).out, { timeout: 60_000 }).toContain(NAME);
  expect(await nic()).not.toContain('10.77.0.');

  // It first asks whether another server is there.
  let first: string | undefined;
  await expect.poll(async () => (first ??= await lease()), { timeout: 60_000 }).toMatch(/^10\.77\.0\.1\d\d$/);
  await expect.poll(nic, { timeout: 60_000 }).toBe(`${first!} ["${first!}/24"] lan`);
  const leased = new RegExp(`^${first!.replaceAll('.', '\\.')} +${MAC} +${NAME} +site-1 `, 'm');
  await expect.poll(() => site.done('get', 'leases'), { timeout: 60_000 }).toMatch(leased);

  const reserve = `mutation { updateServer(by: { name: "${NAME}" }, input: { address: "10.77.0.20" }) { __typename } }`;
  expect(JSON.parse(await site.done('api', reserve))).toEqual({ data: { updateServer: { __typename: 'Server' } } });
  await expect.poll(lease, { timeout: 60_000 }).toBe('10.77.0.20');
  await expect.poll(nic, { timeout: 60_000 }).toBe('10.77.0.20 ["10.77.0.20/24"] lan');
});
