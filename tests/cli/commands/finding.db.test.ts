// Finding what one knows a part of, against a real labd with a fleet that is known.
import { describe, expect, test, vi } from 'vitest';
import { makeFleet } from '../fleet.ts';
import { runLab, shareSite } from '../support.ts';

const site = shareSite(makeFleet);

/** Names in the order printed. */
const names = async (...words: string[]): Promise<string[]> => {
  const { out, code } = await site.lab('get', ...words, '-o', 'name');
  expect(code).toBe(0);
  return out.trim().split('\n').filter(Boolean);
};

test.each([
  ['38:05', ['server/labmaster']],
  ['38-05-25', ['server/labmaster']],
  ['E2E5', ['server/labmaster']],
  ['168.8.2', ['server/labmaster']],
  ['sn000', ['server/labmaster']],
  ['acm', ['server/labmaster']],
  ['rack=a', ['server/labmaster', 'server/worker1']],
  ['ORKER', ['server/worker1']],
  ['nowhere', []],
])('get servers --search %s finds %j', async (text, expected) => {
  expect(await names('servers', '--search', text)).toEqual(expected);
});

test('a search goes with other filters, several kinds and an earlier moment, and says when it finds nothing', async () => {
  expect(await names('servers', '--search', 'rack=', '-l', 'rack=a2')).toEqual(['server/worker1']);
  expect(await names('servers,networks', '--search', '192.168.8.')).toEqual(['server/labmaster', 'network/lab']);
  expect(await names('all', '--search', 'lab.example')).toEqual(['server/labmaster', 'network/lab']);
  const { revision } = JSON.parse((await site.lab('get', 'server', 'worker1', '-o', 'json')).out).metadata;
  expect(await names('servers', '--search', '00:0c', '--at', revision)).toEqual(['server/worker1']);
  const none = await site.lab('get', 'servers', '--search', 'nowhere');
  expect([none.code, none.err]).toEqual([0, 'No servers found.\n']);
});

test('what cannot be searched, or for, is said', async () => {
  const { code, err } = await site.lab('get', 'sessions', '--search', 'x');
  expect([code, err]).toEqual([2, expect.stringContaining('--search is not for sessions')]);
  const empty = await site.lab('get', 'servers', '--search', '');
  expect([empty.code, empty.err]).toEqual([expect.any(Number), expect.stringContaining('nothing to search for')]);
  expect(empty.code).not.toBe(0);
  expect((await site.lab('get', 'server', 'labmaster', '--search', 'x')).err).toMatch(/Names and filters/);
});

describe('a server is called', () => {
  test.each([
    ['192.168.8.20', 'labmaster'],
    ['SN0001', 'labmaster'],
    ['sn0001', 'labmaster'],
    ['38-05-25-33-E2-E5', 'labmaster'],
    ['0200.0000.000c', 'worker1'],
    ['02000000000c', 'worker1'],
    ['WORKER1', 'worker1'],
  ])('by %s', async (called, name) => {
    expect(await names('server', called)).toEqual([`server/${name}`]);
    expect((await site.lab('describe', 'server', called)).out).toMatch(`server/${name}`);
    expect((await site.lab('why', called)).code).toBe(0);
    expect((await site.lab('get', `server/${called}`, '-o', 'name')).out).toBe(`server/${name}\n`);
  });

  test('by its name, though another has that for its serial number', async () => {
    await site.report('discover', { mac: '02:00:00:00:00:1a', serial: 'worker1' });
    await vi.waitFor(async () => expect(await names('servers', '--search', '00:1a')).toHaveLength(1), 20_000);
    expect(await names('server', 'worker1')).toEqual(['server/worker1']);
    await site.ask('mutation { deleteServer(by: { mac: "02:00:00:00:00:1a" }) { __typename } }');
  });

  test('by its name, MAC or address alone where it is changed or goes: a serial number is that of whoever is found later', async () => {
    await site.report('discover', { mac: '02:00:00:00:00:3a', serial: 'TAG3' });
    await vi.waitFor(async () => expect(await names('servers', '--search', '00:3a')).toHaveLength(1), 20_000);
    for (const line of [
      'delete server tag3 --yes',
      'rename server tag3 db',
      'label server tag3 a=b',
      'history server tag3',
    ]) {
      const { code, err } = await site.lab(...line.split(' '));
      expect([line, code, err]).toEqual([line, 3, expect.stringContaining('server "tag3" not found')]);
    }
    expect((await site.lab('wait', 'server/tag3', '--for=delete', '--timeout=5')).code).toBe(0);
    const file = 'apiVersion: lab/v1\nkind: Server\nmetadata:\n  name: 02-00-00-00-00-3a\n';
    const deleted = await runLab(['delete', '-f', '-', '--ignore-not-found', '--yes'], site.env, file);
    expect(deleted.code).toBe(0);
    expect(await names('server', 'tag3')).toEqual(['server/m-02000000003a']);
    await site.ask('mutation { deleteServer(by: { mac: "02:00:00:00:00:3a" }) { __typename } }');
  });

  test('by what several have, which says who they are', async () => {
    const nic = (mac: string) => ({ name: 'eno1', mac, ip: '10.9.9.9', state: 'UP' });
    await site.report('discover', { mac: '02:00:00:00:00:2a', nics: [nic('02:00:00:00:00:2a')] });
    await site.report('discover', { mac: '02:00:00:00:00:2b', nics: [nic('02:00:00:00:00:2b')] });
    await vi.waitFor(async () => expect(await names('servers', '--search', '10.9.9.9')).toHaveLength(2), 20_000);
    const { code, err } = await site.lab('describe', 'server', '10.9.9.9');
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(/Several servers .*"10.9.9.9": m-02000000002a, m-02000000002b/),
    ]);
    for (const end of ['a', 'b'])
      await site.ask(`mutation { deleteServer(by: { mac: "02:00:00:00:00:2${end}" }) { __typename } }`);
  });
});

describe('of several names', () => {
  test('those that are there are printed, and the others told', async () => {
    const { out, err, code } = await site.lab(
      'get',
      'servers',
      'worker1',
      'nobody',
      'labmaster',
      'noone',
      '-o',
      'name',
    );
    expect([out, code]).toEqual(['server/worker1\nserver/labmaster\n', 1]);
    expect(err.match(/server "\w+" not found/g)).toEqual(['server "nobody" not found', 'server "noone" not found']);
    const described = await site.lab('describe', 'servers', 'nobody', 'worker1');
    expect([described.code, described.out, described.err]).toEqual([
      1,
      expect.stringMatching(/^server\/worker1/),
      expect.stringContaining('server "nobody" not found'),
    ]);
    const mixed = await site.lab('get', 'server/worker1', 'network/nowhere', '-o', 'name');
    expect([mixed.out, mixed.code]).toEqual(['server/worker1\n', 1]);
  });

  test('none is there: nothing is printed, and it was not found', async () => {
    const { out, code } = await site.lab('get', 'servers', 'nobody', 'noone', '-o', 'json');
    expect([out, code]).toEqual(['', 3]);
    expect((await site.lab('get', 'server', 'nobody', 'worker1', '-o', 'name', '--ignore-not-found')).code).toBe(0);
  });
});

test('an object that has another name now is told from one that never was', async () => {
  await site.ask('mutation { updateCluster(by: { name: "bare" }, input: { name: "metal" }) { __typename } }');
  const { err, code } = await site.lab('get', 'cluster', 'bare');
  expect([code, err]).toEqual([
    3,
    expect.stringMatching(
      /^Error: cluster "bare" not found: it was renamed to "metal" at revision \d+\nSee it: .* get cluster metal\n$/,
    ),
  ]);
  expect((await site.lab('describe', 'cluster', 'bare', 'home')).err).toMatch(/renamed to "metal"/);
  expect((await site.lab('rename', 'cluster', 'never', 'was')).err).not.toMatch(/renamed/);
  await site.ask('mutation { updateCluster(by: { name: "metal" }, input: { name: "bare" }) { __typename } }');
});

test.each([
  ['machines', 'servers'],
  ['node', 'servers'],
  ['Hosts', 'servers'],
  ['subnets', 'networks'],
  ['images', 'profiles'],
  ['addresses', 'leases'],
])('whoever asks for %s is told of %s', async (word, plural) => {
  const { err, code } = await site.lab('get', word);
  expect([code, err]).toEqual([2, expect.stringContaining(`lab has no kind "${word}". Did you mean "${plural}"?`)]);
});

test('a field selector takes a MAC in any spelling', async () => {
  for (const mac of ['38:05:25:33:e2:e4', '38-05-25-33-E2-E4', '3805.2533.e2e4'])
    expect(await names('servers', '--field-selector', `status.bootMac=${mac}`)).toEqual(['server/labmaster']);
});
