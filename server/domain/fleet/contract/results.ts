// The results of the uplink's mutations, in the shape of the graph's unions. Other failures are thrown as UserError.
import type { Bastion } from '../../../store/generated/client.ts';

/** The session: replay everything after `acknowledged`; when `snapshotWanted`, send a snapshot. */
export interface Uplink {
  __typename: 'Uplink';
  bastion: Bastion;
  epoch: number;
  acknowledged: number;
  /** The bastion's running hash up to `acknowledged`; null when it never gave one */
  hash: string | null;
  snapshotWanted: boolean;
}

export interface UplinkAcknowledged {
  __typename: 'UplinkAcknowledged';
  acknowledged: number;
  snapshotWanted: boolean;
}

export interface UplinkGap {
  __typename: 'UplinkGap';
  expected: number;
  message: string;
}

export interface UplinkFenced {
  __typename: 'UplinkFenced';
  message: string;
  /** The epoch that is valid now */
  epoch: number;
}

export type PushUplinkResult = UplinkAcknowledged | UplinkGap | UplinkFenced;

export interface OrderAcknowledged {
  __typename: 'OrderAcknowledged';
  /** The order's bare uuid */
  order: string;
  /** Whether the attempt to begin is open and has the bastion's secret; null for what begins none */
  attemptOpen: boolean | null;
  /** Of one that is taken: whether it is to be carried out; null for what is not taken */
  stillWanted: boolean | null;
}

export interface BastionFilesTold {
  __typename: 'BastionFilesTold';
  /** How many keys are known now; null of a bastion that does not say */
  files: number | null;
}

export interface BastionLeasesTold {
  __typename: 'BastionLeasesTold';
  /** How many are known now */
  leases: number;
}

export const fenced = (epoch: number): UplinkFenced => ({
  __typename: 'UplinkFenced',
  message: 'A newer connection of this bastion took over. Open the uplink again if this is the one that should go on.',
  epoch,
});

/** The bastion was deleted, or never opened an uplink. */
export const unknownBastion = (epoch: number): UplinkFenced => ({
  __typename: 'UplinkFenced',
  message: 'labd does not know this bastion any more. Open the uplink again to register it.',
  epoch,
});
