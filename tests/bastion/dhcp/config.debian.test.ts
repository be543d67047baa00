// The configuration of dnsmasq for a dozen sites, as golden files, each of which dnsmasq itself takes; nothing hostile adds a line.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { dnsmasqConfig } from '../../../bastion/dhcp/config.ts';
import type { Site } from '../../../bastion/dhcp/site.ts';
import { far, lan } from './serving.ts';

const folder = mkdtempSync(join(tmpdir(), 'lab-dhcp-config-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PATHS = { leases: '/var/lib/lab/leases', reservations: '/run/lab/reservations', tftp: '/run/lab/tftp' };
const FILES = ['undionly.kpxe', 'ipxe.efi'];

const other = lan({
  name: 'other',
  cidr: '10.88.0.0/16',
  interface: 'eth1.20',
  address: '10.88.0.1',
  range: '10.88.1.0-10.88.1.255',
  gateway: null,
  domain: null,
});
const web = { mac: '52:54:00:00:00:01', ip: '10.77.0.20', hostname: 'web' };

const sites: Readonly<Record<string, Partial<Site>>> = {
  'one-network': {},
  'several-subnets': {
    networks: [lan(), other],
    reservations: [web, { ...web, mac: '52-54-00-00-00-02', ip: '10.88.0.9' }],
  },
  'one-interface-two-subnets': { networks: [lan(), { ...other, interface: 'lan0' }] },
  relayed: { networks: [lan(), far], reservations: [{ ...web, ip: '10.99.0.30' }] },
  proxy: { networks: [lan({ mode: 'proxy', range: null })], reservations: [web] },
  'full-and-proxy': { networks: [lan(), { ...other, mode: 'proxy', range: null }] },
  arm64: { bootFiles: [...FILES, 'ipxe-arm64.efi'] },
  'arm64-proxy': { networks: [lan({ mode: 'proxy' })], bootFiles: [...FILES, 'ipxe-arm64.efi'] },
  'no-boot-files': { bootFiles: [] },
  'reserved-alone': {
    networks: [lan({ range: null, dns: ['10.77.0.2', '10.77.0.3'] })],
    reservations: [{ ...web, hostname: null }],
  },
  'own-binaries': {
    networks: [
      lan(),
      lan({
        name: 'beside',
        cidr: '10.78.0.0/24',
        address: '10.78.0.1',
        interface: 'lan1',
        mode: 'proxy',
        range: null,
      }),
    ],
    reservations: [web],
    binaries: [
      { mac: web.mac, binary: 'snponly.efi' },
      { mac: '52:54:00:00:00:0a', binary: 'undionly.kkpxe' },
      { mac: '52:54:00:00:00:0b', binary: 'snponly.efi' },
      { mac: '52:54:00:00:00:0c', binary: 'nowhere.efi' },
      { mac: '52:54:00:00:00:0d', binary: 'x.efi,,10.0.0.1\ndhcp-script=/bin/sh' },
      { mac: '*:*:*:*:*:*', binary: 'snponly.efi' },
    ],
    bootFiles: [...FILES, 'snponly.efi', 'undionly.kkpxe'],
  },
  'secure-boot': {
    networks: [
      lan(),
      lan({
        name: 'beside',
        cidr: '10.78.0.0/24',
        address: '10.78.0.1',
        interface: 'lan1',
        mode: 'proxy',
        range: null,
      }),
    ],
    binaries: [{ mac: web.mac, binary: 'snponly.efi' }],
    bootFiles: [...FILES, 'ipxe-shim.efi', 'snponly.efi', 'snponly-shim.efi'],
  },
  'odd-paths': { paths: { leases: '/va r/"l\\ab", #1/leases', reservations: '/run/ä,b/r', tftp: '/run/#x y' } },
  'hostile-values': {
    networks: [
      lan({
        range: '10.77.0.1-10.78.0.1',
        gateway: '1.2.3.4\nport=53',
        dns: ['10.77.0.2', '8.8.8.8,9'],
        domain: 'a b\ndhcp-script=/bin/sh',
      }),
      lan({ name: 'x\nport=53' }),
      lan({ interface: 'lan0\ndhcp-script=/bin/sh' }),
      lan({ interface: '*' }),
      lan({ cidr: '10.77.0.0/24,proxy' }),
      lan({ cidr: 'fd00:8::/64' }),
      lan({ address: '10.77.0.1\nuser=root' }),
    ],
    reservations: [
      { ...web, hostname: 'web\n52:54:00:00:00:09,10.77.0.9' },
      { ...web, ip: '10.77.0.21,ignore' },
      { ...web, mac: '*:*:*:*:*:*' },
      { ...web, ip: '192.168.1.1' },
      { ...web, ip: '10.77.0.1' },
    ],
  },
};

const configOf = (site: Partial<Site>) =>
  dnsmasqConfig({
    networks: [lan()],
    reservations: [],
    binaries: [],
    port: 8080,
    paths: PATHS,
    bootFiles: FILES,
    ...site,
  });

describe('the configuration', () => {
  test.each(Object.entries(sites))('of the site %s is as ever, and dnsmasq takes it', async (name, site) => {
    const { config, reservations, warnings } = configOf(site);
    const file = join(folder, name);
    writeFileSync(file, config!);
    expect(() => execFileSync('dnsmasq', ['--test', `--conf-file=${file}`], { stdio: 'pipe' })).not.toThrow();
    const parts = [config!.trimEnd(), '', '# reservations', reservations.trimEnd(), '', '# warnings', ...warnings, ''];
    await expect(parts.join('\n')).toMatchFileSnapshot(`golden/${name}.conf`);
  });

  test('of a site without networks that can be served is none, since dnsmasq would serve every interface', () => {
    expect(configOf({ networks: [] }).config).toBeNull();
    expect(configOf({ networks: [lan({ cidr: '10.0.0.1/8' })] }).config).toBeNull();
  });

  test.each(Object.entries(sites))('of the site %s runs no program, and serves no names', (_name, site) => {
    const lines = configOf(site).config!.split('\n');
    expect(lines).toContain('port=0');
    expect(
      lines.filter((line) => /^(dhcp-script|dhcp-luascript|conf-|addn-|user=|server=|port=[^0])/.test(line)),
    ).toEqual([]);
  });

  test('lets no value that labd says add a line', () => {
    const quiet = configOf({}).config!.split('\n').length;
    const [first] = sites['hostile-values']!.networks!;
    // The domain, the only line that can be left out, is.
    expect(configOf({ networks: [first!] }).config!.split('\n')).toHaveLength(quiet - 1);
    expect(configOf(sites['hostile-values']!).reservations).toBe('52:54:00:00:00:01,10.77.0.20\n');
  });

  test('takes no path with a line break', () => {
    expect(() => configOf({ paths: { ...PATHS, tftp: '/run\nport=53' } })).toThrow('control characters');
  });
});
