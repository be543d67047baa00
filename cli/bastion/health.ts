// What a bastion of this host says of itself.
import { askBastion, type BastionAt, bastionIn, NoBastion } from './socket.ts';

/** What a bastion says of itself. */
export interface BastionHealth {
  readonly name: string;
  readonly pid: number;
  readonly url: string;
  readonly version: string;
  /** Whether labd hears it; none of one that runs by itself */
  readonly uplink: 'open' | 'closed' | 'none';
  readonly machines: number;
  /** Reports that wait for labd, and bytes of them */
  readonly waiting: number;
  readonly spoolBytes: number;
  /** Reports that went, of one that runs by itself, since its spool was full */
  readonly lost?: number;
  /** What machines can boot, in words; of one that was started before an upgrade it may be absent, as the next may */
  readonly boots?: string;
  /** Whether it has the ramdisk that this version of it builds */
  readonly ramdisk?: 'missing' | 'old' | 'current';
  /** Its DHCP server, where it has one */
  readonly dhcp?: {
    readonly state: string;
    /** Why it fails */
    readonly problem?: string;
    readonly networks: readonly string[];
    /** Why some networks are not served */
    readonly refused: readonly string[];
  };
}

/** What is to be done about a ramdisk of another version. */
export const buildAnew = (lab: string): string => `Build it anew: ${lab} bastion files build discovery`;

/** Milliseconds for an answer. */
const PATIENCE = 5_000;

/** What a bastion says of itself; undefined when none runs. Throws CliError when it is not to be asked. */
export const healthOf = (at: BastionAt): Promise<BastionHealth | undefined> =>
  askBastion<BastionHealth>(at, { method: 'GET', path: '/healthz', patience: PATIENCE }).catch((error: unknown) => {
    if (error instanceof NoBastion) return undefined;
    throw error;
  });

/** That of the bastion of a directory. */
export const healthIn = (dir: string): Promise<BastionHealth | undefined> => healthOf(bastionIn(dir));
