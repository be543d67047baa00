// What bastions send, as the graph declares it: absent and null are the same.
import type { FactsInput } from './facts.ts';

type Maybe<T> = T | null | undefined;

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

export interface MachineReportInput extends FactsInput {
  mac: string;
  disks?: Maybe<readonly DiskReportInput[]>;
  nics?: Maybe<readonly NicReportInput[]>;
  source?: Maybe<string>;
}

export interface DiskReportInput {
  name: string;
  /** Decimal gigabytes */
  sizeGb?: Maybe<number>;
  model?: Maybe<string>;
  serial?: Maybe<string>;
  wwn?: Maybe<string>;
  transport?: Maybe<string>;
  rotational?: Maybe<boolean>;
  removable?: Maybe<boolean>;
  partitions?: Maybe<number>;
}

export interface NicReportInput {
  name: string;
  mac: string;
  ip?: Maybe<string>;
  state?: Maybe<'UP' | 'DOWN' | 'UNKNOWN'>;
  /** With their prefixes */
  addresses?: Maybe<readonly string[]>;
  speedMbps?: Maybe<number>;
  driver?: Maybe<string>;
  pciAddress?: Maybe<string>;
  bond?: Maybe<string>;
  vlanParent?: Maybe<string>;
  lldpSwitch?: Maybe<string>;
  lldpPort?: Maybe<string>;
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
