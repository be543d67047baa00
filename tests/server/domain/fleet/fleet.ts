// A fleet on a database of its own, with a clock that tests move, and machines to report.
import { onTestFinished } from 'vitest';
import { Fleet } from '../../../../server/domain/fleet/uplink/fleet.ts';
import type {
  MachineReportInput,
  NicReportInput,
  OpenUplinkInput,
  PushUplinkInput,
  UplinkBodyInput,
} from '../../../../server/domain/fleet/contract/input.ts';
import type { PushUplinkResult, Uplink } from '../../../../server/domain/fleet/contract/results.ts';
import type { FleetSettings } from '../../../../server/domain/ledger/settings.ts';
import { openDatabase } from '../../../../server/store/database.ts';
import type { Database, Origin } from '../../../../server/store/types.ts';
import { openTestDatabase, tester, type TestDatabase } from '../../../support/database.ts';

export interface TestFleet {
  db: TestDatabase;
  fleet: Fleet;
  settings: Partial<FleetSettings>;
  clock: { at: number; pass(milliseconds: number): void };
  /** Connects a bastion, made on first use. */
  connect(name: string, more?: Partial<OpenUplinkInput>): Promise<TestBastion>;
}

export class TestBastion {
  readonly id: string;
  readonly epoch: number;
  readonly uplink: Uplink;
  private readonly testFleet: TestFleet;
  sequence: number;
  /** Who its requests are said to come from */
  origin: Origin = { ...tester, action: 'pushUplink' };

  constructor(testFleet: TestFleet, uplink: Uplink) {
    this.testFleet = testFleet;
    this.uplink = uplink;
    this.id = uplink.bastion.id;
    this.epoch = uplink.epoch;
    this.sequence = uplink.acknowledged;
  }

  /** Sends what a bastion of version 2 says beside its items. */
  push(input: Partial<PushUplinkInput>): Promise<PushUplinkResult> {
    return this.testFleet.fleet.push(this.origin, { bastion: this.id, epoch: this.epoch, items: [], ...input });
  }

  /** Sends bodies with the next sequences. */
  send(...bodies: UplinkBodyInput[]): Promise<PushUplinkResult> {
    const from = this.sequence + 1;
    this.sequence += bodies.length;
    return this.sendFrom(from, ...bodies);
  }

  sendFrom(sequence: number, ...bodies: UplinkBodyInput[]): Promise<PushUplinkResult> {
    const items = bodies.map((body, i) => ({ sequence: sequence + i, at: new Date(this.testFleet.clock.at), body }));
    return this.testFleet.fleet.push(this.origin, { bastion: this.id, epoch: this.epoch, items });
  }

  report(...reports: MachineReportInput[]): Promise<PushUplinkResult> {
    return this.send(...reports.map((report) => ({ report })));
  }
}

/** The same database as another labd has it open; the embedded one has one process only, and is itself. */
export async function replicaOf(db: TestDatabase): Promise<Database> {
  if (db.engine === 'embedded') return db;
  const own = await openDatabase(db.options);
  onTestFinished(() => own.close());
  return own;
}

export async function openFleet(more: Partial<FleetSettings> = {}, on?: TestDatabase): Promise<TestFleet> {
  const db = on ?? (await openTestDatabase({ forThisTest: true }));
  const clock = { at: Date.UTC(2026, 0, 1), pass: (milliseconds: number) => void (clock.at += milliseconds) };
  const settings: Partial<FleetSettings> = { now: () => new Date(clock.at), gather: 5, ...more };
  const fleet = new Fleet(db, settings);
  onTestFinished(() => fleet.close());
  const testFleet: TestFleet = {
    db,
    fleet,
    settings,
    clock,
    async connect(name, given = {}) {
      const spool = { instance: `${name}-1`, protocol: 2, software: '0.1.0', oldest: 0, newest: 0 };
      return new TestBastion(
        testFleet,
        await fleet.open(tester, { name, cloud: 'lab', environment: 'test', ...spool, ...given }),
      );
    },
  };
  return testFleet;
}

const octet = (n: number) => (n & 255).toString(16).padStart(2, '0');

/** The MAC of a machine's NIC. */
export const macOf = (machine: number, nic = 0): string =>
  `38:05:25:${octet(machine >> 8)}:${octet(machine)}:${octet(nic)}`;

/** A machine as a ramdisk would report it. */
export function machine(n: number, more: Partial<MachineReportInput> = {}): MachineReportInput {
  const nics: NicReportInput[] = [0, 1].map((i) => ({
    name: `eno${i + 1}`,
    mac: macOf(n, i),
    ip: i === 0 ? `10.1.${n >> 8}.${n & 255}` : null,
    state: i === 0 ? 'UP' : 'DOWN',
  }));
  return {
    mac: macOf(n),
    arch: 'x86_64',
    cpuModel: 'AMD Ryzen 7 8845HS',
    cpuCores: 8,
    memoryGb: 62.5,
    vendor: 'ACME',
    product: 'MiniServer',
    serial: `SN${String(n).padStart(5, '0')}`,
    uuid: `4c4c4544-0000-4000-8000-${n.toString(16).padStart(12, '0')}`,
    firmware: 'UEFI',
    disks: [{ name: 'nvme0n1', sizeGb: 1000.2, model: 'WD SN770', serial: `D${n}A` }],
    nics,
    ...more,
  };
}

/** Changes as `operation kind name`, in order, from a revision on. */
export async function changesSince(db: TestDatabase, rev: bigint): Promise<string[]> {
  const rows = await db.prisma.change.findMany({ where: { rev: { gt: rev } }, orderBy: { rev: 'asc' } });
  return rows.map(({ operation, kind, name }) => `${operation} ${kind} ${name}`);
}

export async function revision(db: TestDatabase): Promise<bigint> {
  return (await db.prisma.head.findFirstOrThrow()).rev;
}

/** Conditions as `name type reason detail`. */
export async function conditions(db: TestDatabase): Promise<string[]> {
  const rows = await db.prisma.condition.findMany({
    where: { subjectKind: 'Server' },
    orderBy: [{ subjectName: 'asc' }, { type: 'asc' }, { detail: 'asc' }],
  });
  return rows.map(({ subjectName, type, reason, detail }) => [subjectName, type, reason, detail].join(' ').trim());
}
