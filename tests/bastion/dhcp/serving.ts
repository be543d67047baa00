// A dnsmasq of ours that serves at one end of a wire.
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { dnsmasqConfig } from '../../../bastion/dhcp/config.ts';
import { createDnsmasq, type Dnsmasq } from '../../../bastion/dhcp/dnsmasq.ts';
import { LeaseBook } from '../../../bastion/dhcp/leases.ts';
import { createLogReader, type DhcpSighting } from '../../../bastion/dhcp/log.ts';
import type { ServedNetwork, Site } from '../../../bastion/dhcp/site.ts';
import { systemClock } from '../../../common/clock.ts';
import { until } from '../support.ts';
import type { Wire } from './lab.ts';

/** The network of the tests: the bastion is 10.77.0.1 in it. */
export const lan = (more: Partial<ServedNetwork> = {}): ServedNetwork => ({
  name: 'lan',
  cidr: '10.77.0.0/24',
  interface: 'lan0',
  address: '10.77.0.1',
  mode: 'full',
  range: '10.77.0.100-10.77.0.199',
  gateway: '10.77.0.254',
  dns: [],
  domain: 'lab.test',
  relayed: false,
  ...more,
});

/** One behind a relay agent. */
export const far = lan({
  name: 'far',
  cidr: '10.99.0.0/25',
  range: '10.99.0.10-10.99.0.20',
  gateway: '10.99.0.1',
  relayed: true,
});

export interface Serving {
  readonly dnsmasq: Dnsmasq;
  readonly book: LeaseBook;
  readonly seen: DhcpSighting[];
  readonly lines: string[];
  /** Serves this from now on. */
  apply(site: Partial<Site>): Promise<void>;
  stop(): Promise<void>;
}

/** Starts one that serves nothing yet. `run` is what runs a command in its namespace. */
export async function prepare(run: Wire['bastion'], files = ['undionly.kpxe', 'ipxe.efi']): Promise<Serving> {
  const folder = await mkdtemp(join(tmpdir(), 'lab-dhcp-'));
  await chmod(folder, 0o755);
  const paths = {
    leases: join(folder, 'leases'),
    reservations: join(folder, 'reservations'),
    tftp: join(folder, 'tftp'),
  };
  await mkdir(paths.tftp);
  for (const file of files) await writeFile(join(paths.tftp, file), file);
  const seen: DhcpSighting[] = [];
  const lines: string[] = [];
  let written: string | undefined;
  const book = new LeaseBook(systemClock.now);
  const read = createLogReader((sighting) => {
    seen.push(sighting);
    book.saw(sighting);
  });
  const dnsmasq = createDnsmasq({
    command: [...run, 'dnsmasq'],
    folder,
    reservations: paths.reservations,
    onLine: (line) => {
      lines.push(line);
      read(line);
    },
    beforeStart: async () => book.read(await readFile(paths.leases, 'utf8').catch(() => '')),
    clock: systemClock,
    log: pino({ level: 'silent' }),
    timings: { retryFirst: 20 },
  });
  return {
    dnsmasq,
    book,
    seen,
    lines,
    async apply(site) {
      const whole: Site = {
        networks: [lan()],
        reservations: [],
        binaries: [],
        port: 8080,
        paths,
        bootFiles: files,
        ...site,
      };
      const config = dnsmasqConfig(whole);
      const reread = lines.filter((line) => line.endsWith(`read ${paths.reservations}`)).length;
      const isNew = config.reservations !== written;
      written = config.reservations;
      await dnsmasq.apply(config);
      const isRead = () => lines.filter((line) => line.endsWith(`read ${paths.reservations}`)).length > reread;
      await until(() => dnsmasq.health.state === 'serving' && (!isNew || isRead()));
    },
    async stop() {
      await dnsmasq.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
