// What of a discovery report cannot be taken: it is left out, and told to who posted it.
import { describe, expect, test } from 'vitest';
import { MOST_ITEM_BYTES } from '../../../bastion/state/intake.ts';
import { post, shareBastion } from '../support.ts';

const bastion = shareBastion();
const { machine } = bastion;
const mac = '38:05:25:33:e2:e4';

describe('POST /api/discover', () => {
  test.each([
    ['a zero MAC of a NIC', { nics: [{ name: 'b', mac: '000000000000' }] }, 'nics[0].mac', /^is all zeros.*left out$/],
    [
      'addresses that are no list',
      { nics: [{ name: 'a', mac, addresses: '10.0.0.1/8' }] },
      'nics[0].addresses',
      /^is a text/,
    ],
    [
      'an address that is none',
      { nics: [{ name: 'a', mac, addresses: ['x'] }] },
      'nics[0].addresses[0]',
      /^is not an IP/,
    ],
    ['GPUs that are no texts', { gpus: ['a', 7] }, 'gpus[1]', /^is a number rather than a text$/],
    ['a NIC without a name', { nics: [{ mac }] }, 'nics[0].name', /^is missing: the NIC is left out$/],
    ['a NIC with a wrong address', { nics: [{ name: 'a', mac, ip: '192.168.8.300' }] }, 'nics[0].ip', /^is not an IP/],
    ['a NIC that is a text', { nics: ['eno1'] }, 'nics[0]', /^is a text rather than an object$/],
    ['a disk that is null', { disks: [null] }, 'disks[0]', /^is null rather than an object$/],
    ['NICs that are an object', { nics: { eno1: {} } }, 'nics', /^is an object rather than a list$/],
    ['a disk size that is a text', { disks: [{ name: 'sda', size_gb: '1000' }] }, 'disks[0].size_gb', /^is a text/],
    ['two disks of one name', { disks: [{ name: 'sda' }, { name: 'sda' }] }, 'disks[0]', /^has the name of disks\[1\]/],
    ['half a core', { cpu_cores: 1.5 }, 'cpu_cores', /^is not a whole number from 0 to 1000000$/],
    ['negative memory', { memory_gb: -1 }, 'memory_gb', /^is not a number from 0/],
    ['memory beyond all numbers', { memory_gb: 1e300 }, 'memory_gb', /^is not a number from 0/],
    ['cores that are a list', { cpu_cores: [8] }, 'cpu_cores', /^is a list rather than a number$/],
    ['a product that is an object', { product: {} }, 'product', /^is an object rather than a text$/],
    ['a serial that is a number', { serial: 42 }, 'serial', /^is a number rather than a text$/],
    ['a serial with a NUL', { serial: 'A\u0000B' }, 'serial', /^has characters that cannot be printed/],
    ['another firmware', { firmware: 'efi' }, 'firmware', /^is neither uefi nor bios$/],
    ['257 disks', { disks: Array.from({ length: 257 }, (_, n) => ({ name: `d${n}` })) }, 'disks', /^has 257 entries/],
  ])('takes a report with %s, and says what it leaves out', async (_what, odd, field, reason) => {
    const { status, body } = await post(bastion.url, '/api/discover', { mac, arch: 'x86_64', ...odd });
    expect({ status, body }).toEqual({
      status: 202,
      body: { accepted: true, mac, ignored: [{ field, reason: expect.stringMatching(reason) }] },
    });
    expect((await machine(mac))?.report).toMatchObject({ mac, arch: 'x86_64', ignored: [{ field }] });
  });

  test('takes addresses of FireWire and InfiniBand', async () => {
    const nics = [
      { name: 'ib0', mac: '80:00:00:48:fe:80:00:00:00:00:00:00:f4:52:14:03:00:7b:cb:a1' },
      { name: 'fw0', mac: '00:11:06:66:45:9c:24:57' },
    ];
    const { body } = await post(bastion.url, '/api/discover', { mac, nics });
    expect(body).toEqual({ accepted: true, mac });
    expect((await machine(mac))?.report).toMatchObject({ nics });
    const long = '00110666459c2458';
    expect((await post(bastion.url, '/api/discover', { mac: long })).body).toEqual({
      accepted: true,
      mac: '00:11:06:66:45:9c:24:58',
    });
  });

  test('tells so many fields, and how many more there are', async () => {
    const nics = Array.from({ length: 50 }, (_, n) => ({ name: `e${n}`, mac: n }));
    const { body } = await post(bastion.url, '/api/discover', { mac, nics });
    const ignored = body['ignored'] as { field: string; reason: string }[];
    expect(ignored).toHaveLength(33);
    expect(ignored.at(-1)).toEqual({ field: '', reason: '18 more fields could not be taken' });
  });

  test('takes as many parts as fit into one batch of the uplink, and tells that there are more', async () => {
    const disks = Array.from({ length: 200 }, (_, n) => ({
      name: `d${n}`,
      model: 'm'.repeat(250),
      serial: 's'.repeat(250),
      wwn: 'w'.repeat(250),
      transport: 't'.repeat(250),
    }));
    const { status, body } = await post(bastion.url, '/api/discover', { mac, disks });
    expect({ status, body }).toMatchObject({ status: 202, body: { ignored: [{ field: 'disks' }] } });
    const { report } = (await machine(mac))!;
    expect(JSON.stringify(report).length).toBeGreaterThan(80_000);
    expect(Buffer.byteLength(JSON.stringify(report))).toBeLessThanOrEqual(MOST_ITEM_BYTES);
  });
});
