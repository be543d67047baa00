// Checks and normalises a whole batch of the uplink, so that its items may go into the database as they are.
import { DISK, NIC, type Table } from '../../../../common/hardware/fields.ts';
import { IgnoredFields, type Ignored } from '../../../../common/hardware/ignored.ts';
import { asSent, readHardware } from '../../../../common/hardware/report.ts';
import type { Disk as ReportedDisk } from '../../../../common/install/disk.ts';
import { printable } from '../../../../common/printable.ts';
import { InvalidInput } from '../../errors.ts';
import { type Begun, parseBegun } from './begun.ts';
import { address, count, counter, hash, limits, mac, moment, required, short, text } from './checks.ts';
import { factColumns, type Facts } from './facts.ts';
import type { LogInput, MachineReportInput, ProgressInput, PushUplinkInput, UplinkItemInput } from './input.ts';

export interface MachineReport {
  mac: string;
  /** Only what the report says */
  facts: Facts;
  /** undefined: the report says nothing of them */
  disks: Disk[] | undefined;
  nics: Nic[] | undefined;
  source: string;
  /** What of it could not be taken, at the bastion or here; undefined when the machine itself reported nothing */
  ignored: Ignored[] | undefined;
}

export interface Disk extends ReportedDisk {
  readonly partitions: number | null;
}

export interface Nic {
  name: string;
  mac: string;
  ip: string | null;
  state: string;
  addresses: string[];
  speedMbps: number | null;
  driver: string | null;
  pciAddress: string | null;
  bond: string | null;
  vlanParent: string | null;
  lldpSwitch: string | null;
  lldpPort: string | null;
}

export interface Progress extends Omit<ProgressInput, 'message' | 'error' | 'seq' | 'proof'> {
  message: string | null;
  error: string | null;
  seq: number | null;
  proof: string | null;
  begun: Begun | null;
}

export interface Log extends LogInput {
  proof: string | null;
}

export type Body =
  | { type: 'reports'; reports: MachineReport[]; snapshot: boolean }
  | { type: 'progress'; progress: Progress }
  | { type: 'log'; log: Log }
  | { type: 'snapshotBegin'; machines: number }
  | { type: 'snapshotEnd'; machines: number };

export interface Item {
  sequence: number;
  at: Date;
  body: Body;
}

/** A batch: its items, and how far the bastion has got beside them. */
interface Push {
  items: Item[];
  newest: number | undefined;
  hash: string | null;
  lost: { through: number; reason: string } | undefined;
}

const HASH = /^[0-9a-f]{32}$/;

/** Checks a batch; throws InvalidInput that names the field. */
export function parsePush(input: PushUplinkInput): Push {
  const items = parseItems(input);
  const newest = input.newest == null ? undefined : counter(input.newest, 'input.newest');
  const hash = input.hash ?? null;
  if (hash !== null && !HASH.test(hash))
    throw new InvalidInput('input.hash', 'This is no running hash.', 'Give 32 hexadecimal digits, or leave it out.');
  return { items, newest, hash, lost: input.lost ? parseLost(input.lost, newest, items[0]) : undefined };
}

function parseLost(
  { through, reason }: { through: number; reason: string },
  newest: number | undefined,
  first: Item | undefined,
) {
  if (counter(through, 'input.lost.through') >= (first?.sequence ?? Infinity))
    throw new InvalidInput(
      'input.lost.through',
      `${through} is not before the first item, ${first!.sequence}.`,
      'Say what is missing before the items of the batch.',
    );
  if (newest !== undefined && through > newest)
    throw new InvalidInput(
      'input.lost.through',
      `${through} is after the newest, ${newest}.`,
      'Give one that was given out.',
    );
  return { through, reason: text(reason, limits.message) || 'The bastion did not say why.' };
}

function parseItems({ items }: PushUplinkInput): Item[] {
  count(items, 'input.items', limits.items);
  return items.map((item, i) => {
    const path = `input.items[${i}]`;
    const sequence = counter(item.sequence, `${path}.sequence`);
    if (sequence !== items[0]!.sequence + i) {
      throw new InvalidInput(
        `${path}.sequence`,
        'Sequences within a batch are consecutive.',
        'Send the items in order and leave none out.',
      );
    }
    return { sequence, at: moment(item.at, `${path}.at`), body: parseBody(item, `${path}.body`) };
  });
}

type Given = NonNullable<UplinkItemInput['body'][keyof UplinkItemInput['body']]>;

const parsers: Record<keyof UplinkItemInput['body'], (given: never, path: string) => Body> = {
  report: (given: MachineReportInput, path) => ({
    type: 'reports',
    reports: [parseMachineReport(given, path)],
    snapshot: false,
  }),
  progress: (given: ProgressInput, path) => ({ type: 'progress', progress: parseProgress(given, path) }),
  log: (given: LogInput, path) => ({ type: 'log', log: parseLog(given, path) }),
  snapshotBegin: ({ machines }: { machines: number }, path) => ({
    type: 'snapshotBegin',
    machines: counter(machines, `${path}.machines`),
  }),
  snapshotPart: ({ reports }: { reports: readonly MachineReportInput[] }, path) => {
    count(reports, `${path}.reports`, limits.reports);
    return {
      type: 'reports',
      reports: reports.map((one, i) => parseMachineReport(one, `${path}.reports[${i}]`)),
      snapshot: true,
    };
  },
  snapshotEnd: ({ machines }: { machines: number }, path) => ({
    type: 'snapshotEnd',
    machines: counter(machines, `${path}.machines`),
  }),
};

function parseBody({ body }: UplinkItemInput, path: string): Body {
  const given = Object.entries(body).filter(([name, value]) => value != null && Object.hasOwn(parsers, name));
  const [first] = given;
  if (!first || given.length > 1)
    throw new InvalidInput(path, 'An item has exactly one body.', `Give one of ${Object.keys(parsers).join(', ')}.`);
  const [name, value] = first as [keyof typeof parsers, Given];
  return parsers[name](value as never, `${path}.${name}`);
}

/**
 * A report, of which all is taken but what cannot be: that is told in `ignored`, with what its bastion left out. Throws
 * InvalidInput when it has no address that it boots from.
 *
 * @public: taken alone by the test that adds a fact of hardware.
 */
export function parseMachineReport(report: MachineReportInput, path: string): MachineReport {
  const ignored = new IgnoredFields();
  for (const { value, ...one } of report.ignored ?? []) ignored.addTold(value == null ? one : { ...one, value });
  const { facts, disks, nics } = readHardware({ ...report }, asSent, ignored);
  return {
    mac: mac(report.mac, `${path}.mac`),
    facts: factColumns(facts),
    disks: disks?.map((disk) => ({ ...noDisk, ...disk })),
    nics: nics?.map((nic) => ({ ...noNic, ...nic })),
    source: printable(report.source ?? '') || 'discover',
    // A snapshot names machines that only ever called back, and says nothing else of them.
    ignored: report.source == null && Object.keys(report).length === 1 ? undefined : ignored.list(),
  };
}

/** The columns of a part of which nothing is known. */
const nothing = (table: Table) => Object.fromEntries(Object.keys(table).map((name) => [name, null]));
const noDisk = nothing(DISK) as Record<keyof typeof DISK, null>;
const noNic = { ...(nothing(NIC) as Record<keyof typeof NIC, null>), state: 'UNKNOWN', addresses: [] };

function parseProgress(given: ProgressInput, path: string): Progress {
  return {
    ...given,
    mac: mac(given.mac, `${path}.mac`),
    stage: required(given.stage, `${path}.stage`),
    message: text(given.message, limits.message) || null,
    error: text(given.error, limits.message) || null,
    hostname: short(given.hostname, `${path}.hostname`) || null,
    ip: address(given.ip, `${path}.ip`),
    os: short(given.os, `${path}.os`) || null,
    seq: given.seq == null ? null : counter(given.seq, `${path}.seq`),
    proof: hash(given.proof, `${path}.proof`),
    begun: given.begun == null ? null : parseBegun(given.begun, `${path}.begun`),
  };
}

function parseLog(log: LogInput, path: string): Log {
  count(log.lines, `${path}.lines`, limits.lines);
  return {
    mac: mac(log.mac, `${path}.mac`),
    firstSequence: counter(log.firstSequence, `${path}.firstSequence`),
    lines: log.lines.map((line) => text(line, limits.line) ?? ''),
    proof: hash(log.proof, `${path}.proof`),
  };
}
