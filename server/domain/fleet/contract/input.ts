// What bastions send, as the graph declares it: absent and null are the same.
import type { DISK, FACTS, NIC, Read } from '../../../../common/hardware/fields.ts';

type Maybe<T> = T | null | undefined;
type OrNull<T> = { [K in keyof T]?: Maybe<Readonly<T[K]>> };

export interface OpenUplinkInput {
  name: string;
  cloud: string;
  environment: string;
  instance: string;
  protocol: number;
  software: string;
  oldest: number;
  newest: number;
}

/** `bastion` is the bare uuid. */
export interface PushUplinkInput {
  bastion: string;
  epoch: number;
  items: readonly UplinkItemInput[];
  /** The last sequence given out */
  newest?: Maybe<number>;
  /** The running hash up to the last item, or up to what is lost */
  hash?: Maybe<string>;
  /** Everything that labd does not have yet up to `through`, which is before the items, is lost */
  lost?: Maybe<{ through: number; reason: string }>;
}

export interface UplinkItemInput {
  sequence: number;
  /** When it happened, by the bastion's clock */
  at: Date;
  body: UplinkBodyInput;
}

/** Exactly one is given. */
export interface UplinkBodyInput {
  report?: Maybe<MachineReportInput>;
  progress?: Maybe<ProgressInput>;
  log?: Maybe<LogInput>;
  snapshotBegin?: Maybe<{ machines: number }>;
  snapshotPart?: Maybe<{ reports: readonly MachineReportInput[] }>;
  snapshotEnd?: Maybe<{ machines: number }>;
}

export interface NicReportInput extends OrNull<Omit<Read<typeof NIC>, 'name' | 'mac'>> {
  name: string;
  mac: string;
}

interface DiskReportInput extends OrNull<Omit<Read<typeof DISK>, 'name'>> {
  name: string;
}

export interface MachineReportInput extends OrNull<Read<typeof FACTS>> {
  mac: string;
  disks?: Maybe<readonly DiskReportInput[]>;
  nics?: Maybe<readonly NicReportInput[]>;
  source?: Maybe<string>;
  /** What the bastion left out */
  ignored?: Maybe<readonly IgnoredInput[]>;
}

interface IgnoredInput {
  field: string;
  reason: string;
  value?: Maybe<string>;
}

export interface ProgressInput {
  mac: string;
  stage: string;
  message?: Maybe<string>;
  error?: Maybe<string>;
  state?: Maybe<'QUEUED' | 'INSTALLED' | 'FAILED' | 'CANCELLED'>;
  /** The machine's number for it, which goes up */
  seq?: Maybe<number>;
  /** SHA-256 of the attempt's token that came with it, in hexadecimal */
  proof?: Maybe<string>;
  hostname?: Maybe<string>;
  ip?: Maybe<string>;
  role?: Maybe<'CONTROL_PLANE' | 'WORKER'>;
  os?: Maybe<string>;
  /** It begins an install that people asked of the bastion while that had no labd */
  begun?: Maybe<BegunInput>;
}

export interface BegunInput {
  /** Values by name */
  parameters: unknown;
  /** The one that may be written */
  disk?: unknown;
  /** Of the profile, with their hashes */
  files: unknown;
}

export interface LogInput {
  mac: string;
  /** The number of the first line; lines are numbered by the bastion */
  firstSequence: number;
  lines: readonly string[];
  /** SHA-256 of the attempt's token that came with it, in hexadecimal */
  proof?: Maybe<string>;
}

/** `bastion` and `order` are bare uuids. */
export interface AcknowledgeOrderInput {
  bastion: string;
  epoch: number;
  order: string;
  /** TAKEN: of an order to power, before it is carried out */
  outcome: 'DONE' | 'REFUSED' | 'FAILED' | 'TAKEN';
  message?: Maybe<string>;
  /** SHA-256 of the token that the bastion made for the attempt, in hexadecimal */
  secretHash?: Maybe<string>;
  /** Of an order to power: how the machine is now */
  powerState?: Maybe<'ON' | 'OFF' | 'UNKNOWN'>;
}
