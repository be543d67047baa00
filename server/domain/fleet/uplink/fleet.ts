// The fleet's interface for the graph: the calls of bastions, and the sweep of silent bastions and overdue installs.
import type { Database, Origin } from '../../../store/types.ts';
import type { Secrets } from '../../secrets/secrets.ts';
import { revealing } from '../installs/reveal.ts';
import { Ingest } from './ingest.ts';
import type { AcknowledgeOrderInput, OpenUplinkInput, PushUplinkInput } from '../contract/input.ts';
import { openUplink } from './open.ts';
import { Acknowledgements } from './acknowledgements.ts';
import { Orders, type OutgoingOrder } from './orders.ts';
import { tellFiles, type TellBastionFilesInput } from './files.ts';
import { sweepInstalls } from '../installs/overdue.ts';
import { sweepTurns } from '../installs/turns.ts';
import { sweepLeases, tellLeases, type TellBastionLeasesInput } from './leases.ts';
import { sweepPower } from '../power/sweep.ts';
import { leapFrom } from './leap.ts';
import { closeUplink, sweep } from './presence.ts';
import type {
  BastionFilesTold,
  BastionLeasesTold,
  OrderAcknowledged,
  PushUplinkResult,
  Uplink,
  UplinkFenced,
} from '../contract/results.ts';
import { settingsFor, type FleetSettings } from '../../ledger/settings.ts';

/** Milliseconds between two looks for bastions that went silent, and for installs that are overdue. */
const SWEEP_EVERY = 15_000;

export class Fleet {
  private readonly db: Database;
  private readonly settings: FleetSettings;
  private readonly ingest: Ingest;
  private readonly orders: Orders;
  private readonly acknowledgements: Acknowledgements;
  private timer: NodeJS.Timeout | undefined;
  private sweeping: Promise<unknown> | undefined;

  /** Without secrets no order has any */
  constructor(db: Database, settings: Partial<FleetSettings> = {}, secrets: Secrets | undefined = undefined) {
    this.db = db;
    this.settings = settingsFor(db, settings);
    this.orders = new Orders(db, undefined, secrets && revealing(secrets, db.logger));
    this.acknowledgements = new Acknowledgements(db, this.settings);
    this.ingest = new Ingest(db, settings, (bastionId) => this.orders.remind(bastionId));
  }

  /** Begins to look, every few seconds, for bastions that went silent and installs that are overdue. */
  start(): void {
    this.timer ??= setInterval(() => this.look(), SWEEP_EVERY).unref();
  }

  /** See open.ts. */
  open(origin: Origin, input: OpenUplinkInput): Promise<Uplink> {
    return openUplink(this.db, origin, input, this.settings);
  }

  /** See ingest.ts. */
  push(origin: Origin, input: PushUplinkInput): Promise<PushUplinkResult> {
    return this.ingest.push(origin, input);
  }

  /** See acknowledgements.ts. */
  acknowledge(origin: Origin, input: AcknowledgeOrderInput): Promise<OrderAcknowledged | UplinkFenced> {
    return this.acknowledgements.acknowledge(origin, input);
  }

  /** See orders.ts. */
  follow(bastionId: string, epoch: number, signal?: AbortSignal): AsyncGenerator<OutgoingOrder, void> {
    return this.orders.follow(bastionId, epoch, signal);
  }

  /** A bastion's connection ended. What cannot be written now is left to the sweep. */
  async disconnect(origin: Origin, bastionId: string, epoch: number): Promise<void> {
    await closeUplink(this.db, origin, bastionId, epoch, this.settings).catch((error: unknown) =>
      this.db.logger.warn({ reason: (error as Error).message }, 'A session is left to the sweep'),
    );
  }

  /** See files.ts. */
  tellFiles(origin: Origin, input: TellBastionFilesInput): Promise<BastionFilesTold | UplinkFenced> {
    return tellFiles(this.db, origin, input, this.settings);
  }

  /** See leases.ts. */
  tellLeases(origin: Origin, input: TellBastionLeasesInput): Promise<BastionLeasesTold | UplinkFenced> {
    return tellLeases(this.db, origin, input, this.settings);
  }

  /** Ends sessions that were silent for too long, installs that are overdue and leases and orders to power that ran out, and gives turns; by itself once started. */
  async sweep(): Promise<void> {
    await sweep(this.db, this.settings);
    await sweepInstalls(this.db, this.settings);
    await sweepTurns(this.db, this.settings);
    await sweepLeases(this.db, this.settings);
    await sweepPower(this.db, this.settings);
  }

  /** See leap.ts. What cannot be written now is bounded by the sweep. */
  async leapFrom(before: Date): Promise<void> {
    await leapFrom(this.db, before, this.settings).catch((error: unknown) =>
      this.db.logger.warn(
        { reason: (error as Error).message },
        'What runs could not be taken over a leap of the clock',
      ),
    );
  }

  /** Answers what was pushed and acknowledged, ends the subscriptions of orders, stops the sweep. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    this.orders.close();
    await this.ingest.close();
    await this.acknowledgements.close();
    await this.sweeping;
  }

  private look(): void {
    this.sweeping ??= this.sweep()
      .catch((error: unknown) =>
        this.db.logger.warn(
          { reason: (error as Error).message },
          'Silent bastions and overdue installs cannot be looked for now',
        ),
      )
      .finally(() => (this.sweeping = undefined));
  }
}
