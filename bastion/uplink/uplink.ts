// The uplink: connects to labd for as long as the bastion runs, and opens a session on each connection.
import { setTimeout as sleep } from 'node:timers/promises';
import { OpenUplinkDocument } from '../generated/documents.ts';
import { howToEnrol, type Enrolment, type Proof } from '../enrolment/enrolment.ts';
import { Refused } from '../enrolment/refused.ts';
import { Places } from '../power/places.ts';
import { connect, ConnectionEnded, OperationFailed, type Connection } from './connection.ts';
import { Renewed, type UplinkContext } from './context.ts';
import { loadServers, oneAtATime } from './loadServers.ts';
import { followSite } from './followSite.ts';
import { followOrders } from './orders.ts';
import { push } from './push.ts';
import { renewals } from './renewal.ts';
import { tellFiles } from './tellFiles.ts';
import { NO_LEASES, tellLeases } from './tellLeases.ts';
import { Unheard } from './unheard.ts';

/** The version of PROTOCOL.md. */
const PROTOCOL = 6;

export interface UplinkOptions extends Omit<UplinkContext, 'sleep' | 'unheard' | 'powering' | 'places'> {
  url: string;
  enrolment: Enrolment;
}

export interface Uplink {
  /** Whether a session is open */
  readonly connected: boolean;
  stop(): Promise<void>;
}

/** Begins to connect, at once. */
export function startUplink(options: UplinkOptions): Uplink {
  const stopping = new AbortController();
  const context: UplinkContext = {
    ...options,
    unheard: new Unheard(),
    powering: new Map(),
    places: new Places(),
    sleep: (milliseconds) => sleep(milliseconds, undefined, { signal: stopping.signal }),
  };
  const { timings, clock, log } = options;
  let connected = false;
  let tries = 0;
  let said = '';
  const running = run();
  return {
    get connected() {
      return connected;
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      const error = await attempt().catch((reason: unknown) => reason);
      connected = false;
      if (stopping.signal.aborted) return;
      await context.sleep(pauseAfter(error)).catch(() => {});
    }
  }

  /** Ends by throwing. */
  async function attempt(): Promise<never> {
    const { signal } = stopping;
    const proof = await options.enrolment.proof(signal);
    const { kept, bearer } = proof;
    const tls = kept && { cert: kept.certificate, key: kept.key, ca: kept.authority };
    const connection = await connect({ url: options.url, token: bearer, tls, timings, signal });
    try {
      return await session(connection, proof);
    } finally {
      connection.close();
    }
  }

  async function session(on: Connection, { kept }: Proof): Promise<never> {
    const { spool, machines, cache } = context;
    // An enrolled bastion uses the name that labd gave it.
    const introduction = { ...context.introduction, name: kept?.name ?? context.introduction.name };
    const { openUplink } = await on.request(OpenUplinkDocument, {
      input: { ...introduction, protocol: PROTOCOL, oldest: spool.oldest, newest: spool.newest },
    });
    if (openUplink.__typename !== 'Uplink') throw new Refused(`${openUplink.message} ${openUplink.remedy}`);
    const { bastion, epoch, acknowledged, hash, snapshotWanted } = openUplink;
    const continues = await spool.continues(acknowledged, hash);
    if (!continues) {
      log.warn(
        { acknowledged, newest: spool.newest },
        'What labd has of this bastion is not what this directory has: it was emptied, copied or put back. What labd may not have is sent under new numbers, and a snapshot. Does a second bastion run on a copy of it?',
      );
      await spool.renumber(acknowledged, hash);
      machines.through = spool.newest;
      context.waits.snapshot.last = 0;
    }
    spool.acknowledge(acknowledged);
    connected = true;
    log.info({ url: options.url, epoch, acknowledged, newest: spool.newest }, 'The uplink is open');
    const load = oneAtATime(async () => {
      // labd's servers are authoritative only once it has taken everything from the spool.
      await context.waits.acknowledged(spool.newest);
      const since = machines.now();
      machines.adopt(await loadServers(on, introduction.name), since);
      cache.touch();
    });
    const orders = async () => {
      await load();
      return followOrders(context, on, bastion.id, epoch, load);
    };
    const onAcknowledged = () => {
      tries = 0;
      said = '';
    };
    const end = on.ended.then((reason) => Promise.reject<never>(reason));
    return Promise.race([
      end,
      push(context, {
        connection: on,
        bastion: bastion.id,
        epoch,
        acknowledged,
        snapshotWanted: snapshotWanted || !continues,
        onAcknowledged,
      }),
      orders(),
      tellFiles(context, on, bastion.id, epoch),
      tellLeases(context, on, bastion.id, epoch, context.dhcp ?? NO_LEASES),
      ...(context.site ? [followSite(context, on, bastion.id, context.site)] : []),
      ...(kept ? [renewals(context, on, options.enrolment, kept)] : []),
    ]);
  }

  function pauseAfter(error: unknown): number {
    if (error instanceof Renewed) return 0;
    const reason = error instanceof Error ? error.message : String(error);
    if (isUnknown(error)) {
      const { name } = context.introduction;
      log.error(
        { url: options.url, again: timings.refused },
        `labd does not know this bastion, or does not any more: ${reason}. Everything is kept here meanwhile. If it is to come back: ${howToEnrol(name)}`,
      );
      return timings.refused;
    }
    if (error instanceof Refused) {
      log.error({ url: options.url, again: timings.refused }, reason);
      return timings.refused;
    }
    const pause = Math.min(timings.retryMost, timings.retryFirst * 2 ** tries) * (0.5 + clock.random() / 2);
    // Each reason is said once while labd is away; that it still holds is not news.
    log[reason === said ? 'debug' : 'warn'](
      { url: options.url, reason, again: Math.round(pause) },
      'No uplink to labd: everything is kept until there is one',
    );
    said = reason;
    tries += 1;
    return pause;
  }
}

/** Whether labd does not take what this bastion proves itself with. */
function isUnknown(error: unknown): boolean {
  if (error instanceof ConnectionEnded) return error.unknown;
  return error instanceof OperationFailed && error.code === 'UNAUTHENTICATED';
}
