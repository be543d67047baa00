// A bastion: the HTTP API that machines report to, what it keeps on disk, and the uplink to labd.
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { isLocal } from '../common/hardware/addresses.ts';
import { createCallbacks } from './api/callbacks.ts';
import { openToPeople, type DemandPerson } from './api/people.ts';
import { close, httpAddress, listen, listenLocally } from './api/listener.ts';
import { originCheck } from './api/origin.ts';
import { createApi, type ApiOptions } from './api/server.ts';
import { createBoot } from './boot/boot.ts';
import { bootsWhat, ramdiskOf, startBootServices } from './bootServices.ts';
import { startDhcp, type Dhcp } from './dhcp/dhcp.ts';
import { noteSite, type SiteNotes } from './dhcp/notes.ts';
import { reportOfLease } from './dhcp/leasedReport.ts';
import { createLeases } from './dhcp/leases.ts';
import type { DhcpSighting } from './dhcp/log.ts';
import { serveOwn } from './dhcp/ownSite.ts';
import type { ServedNetwork } from './dhcp/site.ts';
import { wayIn } from '../common/boot/told.ts';
import { realSystem, type System } from '../common/system.ts';
import { createEnrolment } from './enrolment/enrolment.ts';
import { demandNotJoined } from './enrolment/joined.ts';
import { startScrub } from './files/scrub.ts';
import { Files } from './files/files.ts';
import { heldBy } from './files/held.ts';
import { routesForPeople } from './forPeople.ts';
import { Attempts } from './install/attempts.ts';
import { createLineBudget } from './logs/lineBudget.ts';
import { LogFiles } from './logs/logFiles.ts';
import { Logs } from './logs/logs.ts';
import { Cache } from './state/cache.ts';
import { powering, type PowerWaits } from './powering.ts';
import { instanceOf } from './state/instance.ts';
import { Troubles } from './state/diskTrouble.ts';
import { takeDirectory } from './state/lock.ts';
import { startInstalls } from './standalone/start.ts';
import { createIntake } from './state/intake.ts';
import type { Machine } from './state/machines.ts';
import { checkRefused } from './state/refusedItems.ts';
import { Spool } from './state/spool.ts';
import { tellIgnored } from './state/tellIgnored.ts';
import { createSpoolWaits } from './uplink/spoolWaits.ts';
import { defaultTimings, type Timings } from './uplink/timings.ts';
import { startUplink, type Uplink } from './uplink/uplink.ts';
import { software } from './version.ts';

export interface BastionOptions {
  /** Everything that is kept; made when missing */
  dir: string;
  host: string;
  /** 0 for any free one */
  port: number;
  /** More host names that machines call it by: its own addresses and its host's name need not be said */
  allowedHosts?: readonly string[];
  /** DNS labels */
  name: string;
  cloud: string;
  environment: string;
  /** labd's GraphQL address */
  labd: string;
  /** To join with, or to show at each connection */
  token: string | undefined;
  /** Where the token is, when it is not given itself */
  tokenFile?: string | undefined;
  /** Nobody said how this bastion is called: the name is its host's, and a token may say another */
  nameIsHosts?: boolean | undefined;
  /** Takes orders to install, for machines that are simulated on this host */
  simulateBoot?: boolean | undefined;
  /** Boots machines that DHCP elsewhere sends here */
  httpBoot?: boolean | undefined;
  /** Network interfaces on which it serves DHCP; none when empty */
  interfaces?: readonly string[] | undefined;
  /** Serves it beside another DHCP server too */
  forceDhcp?: boolean | undefined;
  /** Calls no labd: people ask it to install, and a labd that it joins later hears of all that */
  standalone?: boolean | undefined;
  /** Addresses that it gives out without labd, such as 192.168.8.100-192.168.8.199; else another DHCP server does */
  dhcpRange?: string | undefined;
  /** Bytes of reports that may wait for labd */
  spoolLimit: number;
  log: Logger;
  timings?: Partial<Timings>;
  powerWaits?: PowerWaits | undefined;
  clock?: Partial<System>;
  /** Bytes after which the spool begins a new file */
  segmentBytes?: number;
}

export interface Bastion {
  /** Where it listens, such as http://127.0.0.1:8080 */
  url: string;
  /** The socket on which people ask it */
  socket: string;
  /** Finishes the requests under way, saves, and gives the directory back. */
  stop(): Promise<void>;
}

/** Starts a bastion; it accepts reports once this resolves. Throws DirectoryInUse, DirectoryUnusable and CannotListen. */
export async function startBastion(options: BastionOptions): Promise<Bastion> {
  const { dir, log } = options;
  const clock = { ...realSystem, ...options.clock };
  const standalone = options.standalone ?? false;
  if (standalone) await demandNotJoined(dir);
  const lock = await takeDirectory(dir);
  const undo: (() => Promise<unknown>)[] = [lock.release];
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const warn = (message: string) => log.warn(message);
    if (lock.without) warn(`${lock.without.message}. Until then this bastion sends what it has, and takes nothing`);
    const instance = await instanceOf(dir, clock.uuid, warn);
    await checkRefused(dir, warn);
    const spool = await Spool.open({
      folder: join(dir, 'spool'),
      limit: options.spoolLimit,
      endless: standalone,
      now: clock.now,
      newId: clock.uuid,
      hold: lock.hold,
      warn,
      ...(options.segmentBytes === undefined ? {} : { segmentBytes: options.segmentBytes }),
    });
    undo.push(() => spool.close());
    const troubles = new Troubles(dir, ({ message }) =>
      log.error(`${message}. The machines are not saved meanwhile; labd and the spool have them`),
    );
    const onError = (err: unknown) => {
      if (!troubles.tell(err)) log.error({ err }, 'The machines could not be saved; the spool still has them');
    };
    const logTroubles = new Troubles(dir, ({ message }) =>
      log.error(
        `${message}. What machines say is not kept in ${join(dir, 'logs')} meanwhile; labd and the spool have it`,
      ),
    );
    const cache = await Cache.open({
      dir,
      elapsed: clock.elapsed,
      onSaved: (through) => spool.trim(through),
      onError,
      warn,
    });
    undo.push(() => cache.save().catch(onError));
    const { machines } = cache;
    await cache.catchUp(spool);
    const logs = new Logs(
      new LogFiles({
        folder: join(dir, 'logs'),
        onError: (err) => {
          if (!logTroubles.tell(err)) log.error({ err }, 'Output of machines could not be kept in a file');
        },
        warn,
      }),
      (mac) => machines.find(mac)?.mac ?? mac,
    );
    spool.onAppended((items) => {
      for (const item of items) {
        tellIgnored(item, machines, log);
        machines.apply(item);
        logs.apply(item);
      }
      if (items.length > 0) cache.touch();
    });
    undo.push(() => logs.settle());
    const attempts = await Attempts.open({ dir, bytes: clock.bytes, warn });
    const intake = createIntake({ spool, machines });
    // Reports and stages need the rest of the room.
    const budget = createLineBudget(clock.elapsed, () => !standalone && spool.bytes > options.spoolLimit / 2);
    const demandPerson = await openToPeople(dir, clock.bytes, warn);
    const boot = createBoot({ attempts, machines, intake, elapsed: clock.elapsed });
    const interfaces = options.interfaces ?? [];
    const [simulated, real] = [options.simulateBoot ?? false, (options.httpBoot ?? false) || interfaces.length > 0];
    const running: { uplink?: Uplink; dhcp?: Dhcp | undefined; site?: SiteNotes | undefined } = {};
    // Whose address it is, the neighbour table says where DHCP is another's.
    const neighbours = createLeases(() => EVERYWHERE, { all: () => [] });
    const proves = async (mac: string, address: string) =>
      (simulated && isLocal(address)) || (await (running.dhcp?.leases ?? neighbours).macOf(address)) === mac;
    const files = await Files.open({ dir, now: clock.now, warn });
    undo.push(startScrub(files, { dir, warn }));
    const ramdisk = await ramdiskOf(files);
    const reach = { host: options.host, port: () => (api.address() as AddressInfo).port, interfaces };
    const onInstallError = (err: unknown) => log.error({ err }, 'Installs that began here could not be looked after');
    const held = heldBy(files, { simulated, real });
    const own = { attempts, machines, intake, spool, keys: held.keys, elapsed: clock.elapsed, standalone };
    const { installs, stop: endWatch } = await startInstalls({ ...own, onError: onInstallError });
    undo.push(endWatch);
    const forPeople = (demand: DemandPerson) =>
      routesForPeople({ dir, attempts, files, ramdisk, logs, reach, installs, standalone }, demand);
    const wayOf = (mac: string) => wayIn(running.site?.boots ?? [], mac);
    const services =
      real || simulated
        ? startBootServices({ dir, attempts, boot, files, proves, wayOf, hasDisks: real, now: clock.now, log })
        : [];
    const socket = join(dir, 'api.sock');
    const callbacks = createCallbacks({ attempts, intake, machines, budget, elapsed: clock.elapsed });
    const parts: ApiOptions = {
      intake,
      callbacks,
      demandPerson,
      routes: [...forPeople(demandPerson), ...services],
      boot: simulated ? boot : undefined,
      health: () => ({
        name: options.name,
        uplink: standalone ? 'none' : running.uplink?.connected ? 'open' : 'closed',
        machines: machines.size,
        waiting: spool.newest - spool.acknowledged,
        ...(standalone && { lost: spool.acknowledged }),
        spoolBytes: spool.bytes,
      }),
      onError: (err) => log.error({ err }, 'A request failed'),
    };
    const api = createApi({ ...parts, checkOrigin: originCheck(options) });
    await listen(api, options);
    undo.push(() => close(api));
    // Only people with access to the directory reach its socket.
    const everybody = () => {};
    const { port } = api.address() as AddressInfo;
    const url = httpAddress(options.host, port);
    const local = createApi({
      ...parts,
      demandPerson: everybody,
      routes: forPeople(everybody),
      health: () => ({
        ...parts.health(),
        pid: process.pid,
        url,
        version: software,
        boots: bootsWhat(simulated, interfaces, options.httpBoot ?? false),
        ramdisk: ramdisk(),
        dhcp: running.dhcp?.health,
      }),
    });
    await listenLocally(local, socket, warn);
    undo.push(() => close(local));
    const keepSeen = async (sighting: DhcpSighting, networks: readonly ServedNetwork[]) => {
      await callbacks.seen(sighting.mac);
      const news = (known?: Machine) => reportOfLease(known?.report, sighting, networks);
      if (news(machines.find(sighting.mac))) await intake.reportOf(sighting.mac, news);
    };
    const onSeen = (sighting: DhcpSighting, networks: readonly ServedNetwork[]) =>
      void keepSeen(sighting, networks).catch((err: unknown) =>
        log.error({ err }, 'That DHCP saw a machine is not kept'),
      );
    const dhcp = await startDhcp({
      dir,
      instance,
      interfaces,
      force: options.forceDhcp ?? false,
      port,
      clock,
      log,
      onSeen,
    });
    running.dhcp = dhcp;
    running.site = real ? (dhcp ?? (await noteSite(dir, warn))) : undefined;
    undo.push(async () => dhcp?.stop());
    if (standalone && dhcp) undo.push(serveOwn({ dhcp, interfaces, range: options.dhcpRange, log }));
    if (!standalone) {
      const { name, cloud, environment } = options;
      const introduction = { name, cloud, environment, instance, software };
      const timings = { ...defaultTimings, ...options.timings };
      const uplink = startUplink({
        introduction,
        dir,
        spool,
        cache,
        machines,
        attempts,
        boots: simulated || real,
        files: held,
        dhcp,
        site: running.site,
        waits: createSpoolWaits(spool),
        forget: (macs) => logs.forget(macs),
        ...powering({ boot, attempts, intake, interfaces, waits: options.powerWaits }),
        timings,
        clock,
        log,
        url: options.labd,
        enrolment: createEnrolment({ ...options, dir, url: options.labd, timings, clock, log }),
      });
      running.uplink = uplink;
      undo.push(uplink.stop);
    }
    log.info(
      { url, dir, instance, machines: machines.size, waiting: spool.newest - spool.acknowledged },
      `${software} ${options.name} accepts reports`,
    );
    return { url, socket, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Every address of IPv4 may be a machine's. */
const EVERYWHERE = [{ cidr: '0.0.0.0/0', mode: 'proxy' }] as const;
