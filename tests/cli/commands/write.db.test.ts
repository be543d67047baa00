// lab create, delete, simulate and version against a real labd and bastion, and lists of more than one page.
import { describe, expect, test, vi } from 'vitest';
import { environment, program, runLab, runProgram, shareSite } from '../support.ts';

const site = shareSite(async () => undefined);

describe('create', () => {
  test('makes a network, named by --name or by the word after its kind, and says so', async () => {
    const first = await site.lab(...'create network --name lab --cidr 192.168.8.0/24 --gateway 192.168.8.1'.split(' '));
    expect(first).toEqual({ code: 0, out: 'network/lab created\n', err: '' });
    const second = await site.lab(...'create net far --cidr 10.9.0.0/24 --vlan 9 --dhcp-enabled -l a=b,c=d'.split(' '));
    expect(second).toEqual({ code: 0, out: 'network/far created\n', err: '' });
    const { spec, metadata } = JSON.parse((await site.lab('get', 'network', 'far', '-o', 'json')).out);
    const rest = { gateway: null, domain: null, dhcpMode: 'full', dhcpRange: null, dns: [], relay: null };
    expect(spec).toEqual({ cidr: '10.9.0.0/24', vlan: 9, dhcpEnabled: true, ...rest });
    expect(metadata.labels).toEqual({ a: 'b', c: 'd' });
  });

  test('makes a server by its MAC in any spelling, and a bastion', async () => {
    const made = await site.lab('create', 'srv', '--mac', '0200.0000.00AA', '--role', 'Control-Plane');
    expect(made).toEqual({ code: 0, out: 'server/m-0200000000aa created\n', err: '' });
    expect((await site.lab('get', 'server', 'm-0200000000aa')).out).toContain('control-plane');
    expect((await site.lab('create', 'bastion', 'south')).out).toBe('bastion/south created\n');
  });

  test.each([
    ['create network lab --cidr 172.16.0.0/24', 1, 'lab'],
    ['create network odd --cidr banana', 1, '--cidr'],
    ['create network odd --cidr 192.168.8.7/24', 1, '--cidr'],
    ['create network odd --cidr 10.8.0.0/24 --gateway 10.9.0.1', 1, '--gateway'],
    ['create network Odd_Name --cidr 10.8.0.0/24', 1, 'NAME: "Odd_Name"'],
    ['create network --name Odd_Name --cidr 10.8.0.0/24', 1, '--name: "Odd_Name"'],
    ['create server odd --mac 01:00:5e:00:00:01', 1, '--mac'],
    ['create server odd --mac 02:00:00:00:00:01 --labels nonsense', 2, '--labels'],
    ['create network a --name b --cidr 10.8.0.0/24', 2, '--name'],
    ['create network --cidr 10.8.0.0/24', 2, 'needs a name'],
  ])('%s is refused, with the flag or the object that is wrong', async (line, code, word) => {
    const ended = await site.lab(...line.split(' '));
    expect(ended).toMatchObject({ code, out: '' });
    expect(ended.err).toMatch(/^Error: /);
    expect(ended.err).toContain(word);
  });

  test('refused for a name that is taken, names the object and a remedy', async () => {
    const { err } = await site.lab('create', 'bastion', 'south');
    expect(err.split('\n')[0]).toContain('south');
    expect(err.trim().split('\n').length).toBe(2);
  });
});

describe('delete', () => {
  test('deletes several kinds by name, says each, and exits 3 for one that is not there, deleting none', async () => {
    await site.lab('create', 'network', 'gone', '--cidr', '10.10.0.0/24');
    await site.lab('create', 'server', 'gone', '--mac', '02:00:00:00:00:bb');
    const none = await site.lab('delete', 'network/gone', 'server/absent', '--yes');
    expect(none).toMatchObject({ code: 3, out: '' });
    expect(none.err).toContain('server "absent" not found');
    const both = await site.lab('delete', 'network/gone', 'server/gone', '-y');
    expect(both).toMatchObject({ code: 0, out: 'network/gone deleted\nserver/gone deleted\n' });
    expect((await site.lab('get', 'network', 'gone')).code).toBe(3);
  });

  test('only tried is refused to whoever may not do it, and deletes nothing for who may', async () => {
    await site.lab('create', 'network', 'tried', '--cidr', '10.11.0.0/24');
    await runLab('create user eve --role viewer --password-stdin'.split(' '), site.env, 'correct horse battery');
    const { out: secret } = await site.lab('create', 'token', 'eves', '--user', 'eve');
    const env = { LAB_URL: site.labd.url, LAB_TOKEN: secret.trim() };
    const refused = await runLab(['delete', 'network', 'tried', '--dry-run'], env);
    expect(refused).toMatchObject({ code: 4, out: '' });
    expect(refused.err).toContain('destroy:default:default:networks/tried');
    const tried = await site.lab('delete', 'network', 'tried', '--dry-run');
    expect(tried).toEqual({ code: 0, out: 'network/tried deleted (dry run)\n', err: '' });
    expect((await site.lab('delete', 'network', 'tried', '-y')).out).toBe('network/tried deleted\n');
  });

  test('refuses to delete without --yes when nobody can be asked', async () => {
    const { code, err } = await site.lab('delete', 'network', 'lab');
    expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining('Add --yes.') });
    expect((await site.lab('get', 'network', 'lab')).code).toBe(0);
  });

  test('forgets a server that a bastion holds, and says what its bastion does', async () => {
    await site.report('discover', { mac: '02:00:00:00:00:cc' });
    const found = async () => (await site.lab('get', 'server', '02:00:00:00:00:cc')).code;
    await vi.waitFor(async () => expect(await found()).toBe(0), { timeout: 20_000 });
    const { err, code } = await site.lab('delete', 'server', 'm-0200000000cc', '-y');
    expect({ code, err }).toMatchObject({ code: 0, err: expect.stringContaining('"north"') });
    expect(await found()).toBe(3);
  });
});

test('version tells both versions, and only its own when labd is away', async () => {
  expect((await site.lab('version')).out).toMatch(/^lab \d+\.\d+\.\d+\nlabd \d+\.\d+\.\d+ \(\w+\)\n$/);
  const away = await runLab(['version'], { LAB_URL: 'http://127.0.0.1:9/graphql' });
  expect(away).toMatchObject({ code: 0, err: expect.stringContaining('does not answer') });
  expect(away.out).toMatch(/^lab \d+\.\d+\.\d+\n$/);
});

describe('more servers than a page holds', () => {
  const count = 620;

  test('report through simulate, and all are listed, none twice', { timeout: 120_000 }, async () => {
    const posted = await site.lab(...`simulate --servers ${count} --seed 3 --bastion ${site.bastion.url}`.split(' '));
    expect(posted).toMatchObject({ code: 0, out: expect.stringContaining(`${count} machines reported`) });
    const total = async () =>
      (await site.ask<{ servers: { totalCount: number } }>('{ servers { totalCount } }')).servers.totalCount;
    await vi.waitFor(async () => expect(await total()).toBe(count + 1), { timeout: 60_000, interval: 200 });
    const { out } = await site.lab('get', 'servers', '-o', 'name');
    const lines = out.trim().split('\n');
    expect(lines.length).toBe(count + 1);
    expect(new Set(lines).size).toBe(count + 1);
    const sorted = (await site.lab('get', 'servers', '--sort-by', 'name', '-o', 'name')).out.trim().split('\n');
    expect(sorted).toEqual(lines.toSorted());
    const some = (await site.lab('get', 'servers', '--sort-by', 'name', '-o', 'name', '--limit', '505')).out;
    expect(some.trim().split('\n')).toEqual(sorted.slice(0, 505));
  });

  test('a reader that has read enough is no failure', async () => {
    const line = `${process.execPath} ${program} get servers -o yaml | head -1; echo "exits \${PIPESTATUS[0]}"`;
    const env = environment(site.env);
    const { out, err } = await runProgram('bash', ['-c', line], { env });
    expect({ out, err }).toEqual({ out: 'apiVersion: lab/v1\nexits 0\n', err: '' });
  });

  test('a broken share is a usage error, a bastion that is away is exit 5', async () => {
    expect(await site.lab('simulate', '--duplicates', '2')).toMatchObject({
      code: 2,
      err: expect.stringContaining(
        '--duplicates "2" is not a share: write one from 0% to 100%, or from 0 to 1',
      ) as string,
    });
    for (const wrong of ['--fail 300%', '--fail -3%', '--fail some', '--fail 60% --stuck 50%', '--pace -1', '--boot'])
      expect(await site.lab('simulate', '--installs', '5', ...wrong.split(' '))).toMatchObject({ code: 2, out: '' });
    expect((await site.lab('simulate', '--stuck', '3%')).code).toBe(2);
  });
});
