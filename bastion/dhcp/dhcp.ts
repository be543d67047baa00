// DHCP of a bastion: what labd says is to be served, as far as this host can, kept for when labd is away.
import { chmod, readFile, rm } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { System } from '../../common/system.ts';
import { binariesIn } from '../../common/boot/told.ts';
import { ipxeFolders, placeBootFiles } from './bootFiles.ts';
import { dnsmasqConfig } from './config.ts';
import { createDnsmasq, type DnsmasqHealth } from './dnsmasq.ts';
import { otherServers } from './foreign.ts';
import { createLeases, LeaseBook, type Lease, type Leases } from './leases.ts';
import { createLogReader, type DhcpSighting } from './log.ts';
import { diskTroubleIn } from '../state/diskTrouble.ts';
import { makeFolder } from '../state/files.ts';
import { findDnsmasq } from './requirements.ts';
import { dhcpFolder, noteSite, type SiteNotes } from './notes.ts';
import { select } from './selection.ts';
import type { ServedNetwork } from './site.ts';

export interface DhcpOptions {
  /** The bastion's own */
  readonly dir: string;
  readonly instance: string;
  /** Nothing is served without any */
  readonly interfaces: readonly string[];
  /** Beside another DHCP server too */
  readonly force: boolean;
  /** Of the bastion's HTTP server */
  readonly port: number;
  readonly clock: System;
  readonly log: Logger;
  /** Of a machine, and what is served */
  readonly onSeen: (sighting: DhcpSighting, networks: readonly ServedNetwork[]) => void;
}

const isOurs = (server: string) =>
  Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === server));

interface DhcpHealth extends DnsmasqHealth {
  readonly networks: readonly string[];
  /** Why some are not served */
  readonly refused: readonly string[];
}

export interface Dhcp extends SiteNotes {
  readonly leases: Leases;
  /** Those that its own server gave */
  leased(): readonly Lease[];
  readonly health: DhcpHealth;
  stop(): Promise<void>;
}

/** Below a folder that every user can enter, which the bastion's own is not: dnsmasq gives up being root. */
const RUN = '/run';

/** Milliseconds. */
const LOOK_AGAIN = 10_000;
const ASK_AGAIN = 60_000;
const PATIENCE = 4_000;

/** Makes the folder of what dnsmasq reads, with the boot files in it; returns their names. */
async function placeFiles(folder: string, from: readonly string[], tftp: string): Promise<string[]> {
  await makeFolder(folder, 0o755);
  // Whatever the mask of this process takes away.
  await chmod(folder, 0o755);
  return placeBootFiles(from, tftp);
}

/** Serves what it served last. Undefined, and said, when this host cannot. */
export async function startDhcp(options: DhcpOptions): Promise<Dhcp | undefined> {
  const { dir, interfaces, log, clock } = options;
  if (interfaces.length === 0) return undefined;
  const found = await findDnsmasq({ uid: process.getuid?.(), path: process.env['PATH'] });
  if ('missing' in found) {
    log.error(`${found.missing}. Until then this bastion serves HTTP only`);
    return undefined;
  }
  const folder = join(RUN, `lab-bastion-${options.instance}`);
  const paths = {
    leases: join(dhcpFolder(dir), 'leases'),
    reservations: join(folder, 'reservations'),
    tftp: join(folder, 'tftp'),
  };
  const bootFiles = await placeFiles(folder, ipxeFolders(dir), paths.tftp).catch((error: unknown) => {
    const trouble = diskTroubleIn(RUN, error);
    if (!trouble) throw error;
    const what = `DHCP needs room in ${RUN} for what dnsmasq reads, and nothing can be written there: ${trouble.what} (${trouble.code})`;
    log.error(`${what}. Mend that, and start the bastion again. Until then it serves HTTP only`);
    return undefined;
  });
  if (bootFiles === undefined) return undefined;
  let networks: readonly ServedNetwork[] = [];
  let refused: readonly string[] = [];
  const said = new Set<string>();
  const sayOnce = (level: 'warn' | 'error', message: string) => {
    if (!said.has(message)) log[level](message);
    said.add(message);
  };
  const notes = await noteSite(dir, (message) => sayOnce('error', message));

  const book = new LeaseBook(clock.now);
  const read = createLogReader((sighting) => {
    book.saw(sighting);
    options.onSeen(sighting, networks);
  });
  const dnsmasq = createDnsmasq({
    command: [found.program],
    folder,
    reservations: paths.reservations,
    onLine: (line) => {
      log.debug({ dnsmasq: line }, 'dnsmasq');
      read(line);
    },
    beforeStart: async () => book.read(await readFile(paths.leases, 'utf8').catch(() => '')),
    clock,
    log,
  });

  /** What was asked of a network, and when it is to be asked again. */
  const answers = new Map<string, { problem?: string; until: number }>();
  async function problemOf({ name, cidr, interface: on, address, mode, relayed }: ServedNetwork) {
    // Beside a proxy there has to be another server; behind a relay it cannot be asked for.
    if (options.force || mode === 'proxy' || relayed) return undefined;
    const key = `${on} ${cidr}`;
    const known = answers.get(key);
    if (known && known.until > clock.elapsed()) return known.problem;
    const mac = networkInterfaces()[on]?.[0]?.mac ?? '';
    const asked = { address, mac, xid: clock.bytes(4).readUInt32BE(), patience: PATIENCE };
    const answer = await otherServers(asked).then(
      (servers) => {
        const others = servers.filter((server) => !isOurs(server));
        return others.length > 0 && `${others.join(' and ')} serves DHCP on ${on} already`;
      },
      (error: Error) => `whether another DHCP server is on ${on} cannot be asked (${error.message})`,
    );
    const problem = answer
      ? `Network "${name}" is not served: ${answer}. Stop that one, set the network's dhcpMode to PROXY, or start the bastion with --force`
      : undefined;
    answers.set(key, problem ? { problem, until: clock.elapsed() + ASK_AGAIN } : { until: Infinity });
    return problem;
  }

  const look = async (): Promise<void> => {
    const site = notes.site();
    if (!site) return;
    const wanted = select(site, interfaces, networkInterfaces());
    const judged: { network: ServedNetwork; problem: string | undefined }[] = [];
    for (const network of wanted) judged.push({ network, problem: await problemOf(network) });
    refused = judged.flatMap(({ problem }) => problem ?? []);
    for (const problem of refused) sayOnce('error', problem);
    const served = judged.filter(({ problem }) => problem === undefined).map(({ network }) => network);
    const { port } = options;
    const { reservations, boots } = site;
    // What an earlier version kept has none.
    const binaries = binariesIn(boots ?? []);
    const config = dnsmasqConfig({ networks: served, reservations, binaries, port, paths, bootFiles });
    for (const warning of config.warnings) sayOnce('warn', warning);
    await dnsmasq.apply(config);
    const names = served.map(({ name }) => name);
    if (names.join() !== networks.map(({ name }) => name).join()) log.info({ networks: names }, 'DHCP is served');
    networks = served;
  };

  let queue: Promise<unknown> = Promise.resolve();
  const lookInTurn = () => {
    queue = queue.then(look).catch((error: unknown) => sayOnce('error', `DHCP: ${(error as Error).message}`));
    return queue;
  };
  // Addresses of interfaces come and go.
  const timer = setInterval(() => void lookInTurn(), LOOK_AGAIN);
  void lookInTurn();
  return {
    leases: createLeases(() => networks, book),
    leased: () => book.all(),
    get health() {
      return { ...dnsmasq.health, networks: networks.map(({ name }) => name), refused };
    },
    get known() {
      return notes.known;
    },
    get boots() {
      return notes.boots;
    },
    async serve(told) {
      await notes.serve(told);
      await lookInTurn();
    },
    async stop() {
      clearInterval(timer);
      await queue;
      await dnsmasq.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
