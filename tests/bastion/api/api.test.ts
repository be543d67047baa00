// The HTTP API towards machines that may send anything: what is good is kept, the rest is told what is wrong with it.
import { stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bastionIn, getJson, machinesIn, post, shareBastion, temporary } from '../support.ts';

const bastion = shareBastion();
const { machine } = bastion;
const mac = '38:05:25:33:e2:e4';

describe('POST /api/discover', () => {
  test('takes a report with a MAC alone', async () => {
    const { status, body } = await post(bastion.url, '/api/discover', { mac: '38052533E2E4' });
    expect({ status, body }).toEqual({ status: 202, body: { accepted: true, mac } });
    expect((await machine(mac))?.report).toEqual({ mac, source: 'discover' });
  });

  test('ignores fields it does not know, and takes null and empty texts for absent', async () => {
    await post(bastion.url, '/api/discover', { mac, serial: '', cpu_cores: null, gpu: [1], __proto__: { arch: 'x' } });
    expect((await machine(mac))?.report).toEqual({ mac, source: 'discover' });
  });

  test('keeps zero as zero', async () => {
    await post(bastion.url, '/api/discover', { mac, memory_gb: 0 });
    expect((await machine(mac))?.report).toMatchObject({ memoryGb: 0 });
  });

  test('takes what a NIC and a machine are besides, and leaves out addresses that are none', async () => {
    const addresses = ['fe80::1/64', 'fd00::7/48', '192.168.8.20/24', '10.0.0.300/8', '10.0.0.1/33', 'x'];
    const nic = { name: 'eno1', mac, addresses, speed_mbps: 25_000, driver: 'ice', pci_address: '0000:01:00.0' };
    const more = { bond: 'bond0', vlan_parent: 'eno2', lldp_switch: 'rack-4', lldp_port: 'Eth1/7' };
    const gpus = ['NVIDIA 10de:2204 at 0000:41:00.0', ''];
    const report = { mac, tpm: '2.0', bmc_address: '10.9.0.1', gpus, nics: [{ ...nic, ...more }] };
    await post(bastion.url, '/api/discover', report);
    expect((await machine(mac))?.report).toEqual({
      mac,
      source: 'discover',
      tpm: '2.0',
      bmcAddress: '10.9.0.1',
      gpus: ['NVIDIA 10de:2204 at 0000:41:00.0'],
      ignored: [
        ['nics[0].addresses[3]', '"10.0.0.300/8"'],
        ['nics[0].addresses[4]', '"10.0.0.1/33"'],
        ['nics[0].addresses[5]', '"x"'],
      ].map(([field, value]) => ({ field, reason: 'is not an IP address with a prefix', value })),
      nics: [
        {
          name: 'eno1',
          mac,
          ip: '192.168.8.20',
          addresses: ['fe80::1/64', 'fd00::7/48', '192.168.8.20/24'],
          speedMbps: 25_000,
          driver: 'ice',
          pciAddress: '0000:01:00.0',
          bond: 'bond0',
          vlanParent: 'eno2',
          lldpSwitch: 'rack-4',
          lldpPort: 'Eth1/7',
        },
      ],
    });
  });

  test.each([
    [['fe80::1/64', 'fd00::7/48', '2001:db8::9/64'], '2001:db8::9'],
    [['fe80::1/64', 'FD00::7/48'], 'fd00::7'],
    [['169.254.3.4/16', 'fe80::1%eno1/64'], '169.254.3.4'],
    [['169.254.3.4/16', '10.0.0.5/8', '10.0.0.6/8'], '10.0.0.5'],
    [['fe80::1%eno1/64'], 'fe80::1'],
    [[], undefined],
  ])('of %j takes %s for the address that a NIC goes by', async (addresses, ip) => {
    await post(bastion.url, '/api/discover', { mac, nics: [{ name: 'a', mac, addresses }] });
    const { nics } = (await machine(mac))!.report as { nics: { ip?: string }[] };
    expect(nics[0]!.ip).toBe(ip);
    await post(bastion.url, '/api/discover', { mac, nics: [{ name: 'a', mac, addresses, ip: '10.7.7.7' }] });
    expect((await machine(mac))?.report).toMatchObject({ nics: [{ ip: '10.7.7.7' }] });
  });

  test('makes texts printable and bounded', async () => {
    await post(bastion.url, '/api/discover', {
      mac,
      product: `A\u0000\u001b[31mB\r\nC\u202eD\ud800`,
      serial: 'x'.repeat(5_000),
    });
    const { product, serial } = (await machine(mac))!.report as { product: string; serial: string };
    expect(product).toBe('A [31mB C D\ufffd');
    expect(serial).toHaveLength(256);
  });

  test.each([
    ['no MAC', {}, 'mac'],
    ['a zero MAC', { mac: '00:00:00:00:00:00' }, 'mac'],
    ['the broadcast MAC', { mac: 'ff-ff-ff-ff-ff-ff' }, 'mac'],
    ['a multicast MAC', { mac: '01:00:5e:00:00:01' }, 'mac'],
    ['half a MAC', { mac: '38:05:25' }, 'mac'],
    ['a MAC that is a number', { mac: 38 }, 'mac'],
  ])('refuses %s and names the field', async (_what, report, field) => {
    const { status, body } = await post(bastion.url, '/api/discover', report);
    expect({ status, field: body['field'] }).toEqual({ status: 422, field });
    expect(body['error']).toMatch(new RegExp(`^${field.replaceAll(/[[\].]/g, '\\$&')} `));
    expect(body['remedy']).toMatch(/\w/);
  });

  test.each([
    ['what is not JSON', '{"mac":'],
    ['nothing', ''],
    ['a list', '[]'],
    ['null', 'null'],
    ['a number', '7'],
  ])('refuses %s', async (_what, text) => {
    const { status, body } = await post(bastion.url, '/api/discover', text);
    expect(status).toBe(400);
    expect(body['error']).toMatch(/JSON|object/);
  });

  test('refuses bytes that are not UTF-8', async () => {
    const response = await fetch(`${bastion.url}/api/discover`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: Buffer.from([0x22, 0xff, 0x22]),
    });
    expect(response.status).toBe(400);
  });

  test.each(['text/plain', 'application/x-www-form-urlencoded', ''])('refuses the content type "%s"', async (type) => {
    const { status, headers } = await post(bastion.url, '/api/discover', { mac }, { 'Content-Type': type });
    expect(status).toBe(415);
    expect(headers.get('accept')).toBe('application/json');
  });

  test('refuses other methods and says which one it takes', async () => {
    const response = await fetch(`${bastion.url}/api/discover`);
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('POST');
  });

  test('refuses 10 MB that are announced', async () => {
    const { status, body } = await post(bastion.url, '/api/discover', { mac, junk: 'x'.repeat(10_000_000) });
    expect(status).toBe(413);
    expect(body['error']).toContain('256 KB');
  });

  test('stops reading what is not announced once it is too much', async () => {
    const { answer, sent } = await new Promise<{ answer: string; sent: number }>((resolve) => {
      const socket = connect(Number(new URL(bastion.url).port), '127.0.0.1');
      let [received, bytes] = ['', 0];
      const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
      const more = () => {
        while (bytes < 200_000_000 && socket.writable) {
          bytes += chunk.length;
          if (!socket.write(chunk)) return;
        }
      };
      socket.on('drain', more);
      socket.on('data', (data) => void (received += data.toString()));
      socket.on('error', () => {});
      socket.on('close', () => resolve({ answer: received, sent: bytes }));
      socket.write(
        'POST /api/discover HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
        more,
      );
    });
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toMatch(/\r\nConnection: close\r\n/i);
    expect(sent).toBeLessThan(200_000_000);
  });

  test('answers anything with 202 or a 4xx that says what is wrong, and goes on', async () => {
    const word = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.constantFrom(mac, 'UP', 'uefi', '192.168.8.1', '', '__proto__'),
    );
    const thing = fc.oneof(
      word,
      fc.double(),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.jsonValue({ maxDepth: 3 }),
    );
    const part = fc.record(
      { name: thing, mac: thing, ip: thing, state: thing, size_gb: thing, model: thing, serial: thing },
      { requiredKeys: [] },
    );
    const report = fc.record(
      {
        mac: fc.oneof(fc.constant(mac), thing),
        arch: thing,
        cpu_model: thing,
        cpu_cores: thing,
        memory_gb: thing,
        manufacturer: thing,
        product: thing,
        serial: thing,
        uuid: thing,
        firmware: thing,
        disks: fc.oneof(fc.array(fc.oneof(part, thing)), thing),
        nics: fc.oneof(fc.array(fc.oneof(part, thing)), thing),
      },
      { requiredKeys: [] },
    );
    const text = fc.oneof(
      report.map((one) => JSON.stringify(one)),
      fc.json(),
      fc.string({ unit: 'binary' }),
    );
    const path = fc.constantFrom('/api/discover', '/api/progress', '/api/log');
    await fc.assert(
      fc.asyncProperty(path, text, async (to, sent) => {
        const { status, body } = await post(bastion.url, to, sent);
        if (status === 202) return body['accepted'] === true;
        return (
          [400, 401, 413, 422].includes(status) &&
          typeof body['error'] === 'string' &&
          typeof body['remedy'] === 'string'
        );
      }),
      { numRuns: 300 },
    );
    expect(await getJson(bastion.url, '/healthz')).toMatchObject({ status: 'ok' });
  });
});

describe('other paths', () => {
  test('say what there is', async () => {
    const response = await fetch(`${bastion.url}/api/nothing`);
    expect(response.status).toBe(404);
    expect(((await response.json()) as { remedy: string }).remedy).toContain('POST /api/discover');
  });

  test('show the machines on the socket in the directory alone, to its owner', async () => {
    const elsewhere = Object.values(networkInterfaces())
      .flat()
      .find((one) => one?.family === 'IPv4' && !one.internal)?.address;
    const { dir, remove: end } = await temporary();
    const open = await bastionIn(dir, { host: '0.0.0.0' });
    const { port } = new URL(open.url);
    for (const host of ['127.0.0.1', elsewhere ?? 'localhost'])
      expect((await fetch(`http://${host}:${port}/api/machines`)).status).toBe(403);
    expect(await machinesIn(dir)).toEqual([]);
    expect((await stat(open.socket)).mode & 0o777).toBe(0o600);
    await open.stop();
    await end();
  });

  test('include the machines and whether it is well', async () => {
    expect(await getJson(bastion.url, '/healthz')).toMatchObject({ status: 'ok', name: 'test', uplink: 'closed' });
    expect((await fetch(`${bastion.url}/healthz`, { method: 'HEAD' })).status).toBe(200);
  });
});
