// What a bastion had told machines is taken, and never reached labd: counted on the bastion, for people to see.
import type { Bastion } from '../../../store/generated/client.ts';
import type { Ledger } from '../../ledger/ledger.ts';

export interface Loss {
  bastion: Bastion;
  /** Reports, stages of installs and pieces of output; more than none */
  count: bigint;
  /** Why, in a sentence for people */
  reason: string;
}

/** Adds what was lost to what its bastion has lost before: a change of the bastion. */
export function recordLoss(ledger: Ledger, { bastion, count, reason }: Loss): void {
  ledger.load('Bastion', [bastion]);
  const lostItems = ledger.get('Bastion', bastion.id)!.lostItems + count;
  const most = BigInt(Number.MAX_SAFE_INTEGER);
  ledger.update('Bastion', bastion.id, {
    lostItems: lostItems > most ? most : lostItems,
    lostAt: ledger.now,
    lostReason: reason,
  });
}
