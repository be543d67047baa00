// What a bastion hands over as it joins: what it had given a number by then, and no more. That is the bastion's own word, so it
// is held to whatever it says next: each word that can only be said after it joined ends it there, and nothing begins it again.
import type { Bastion } from '../../../store/generated/client.ts';
import type { OpenUplinkInput } from '../contract/input.ts';
import type { Session } from './sessions.ts';

/** When a bastion joined, and what it has to hand over from before: said once, and no more until it enrols anew. */
export const joining = (
  { oldest, newest }: OpenUplinkInput,
  { enrolment }: Bastion,
  earlier: Session | undefined,
  now: Date,
) =>
  earlier?.enrolment === enrolment
    ? { enrolment, joinedAt: earlier.joinedAt, handOver: earlier.handOver }
    : // A spool that has nothing left has nothing to hand over, whatever numbers it gave out.
      { enrolment, joinedAt: now, handOver: oldest === 0 ? 0n : BigInt(newest) };

/** What is still to be handed over is this at most. */
export function endHandOver(session: Session, through: bigint): void {
  if (through < session.handOver) session.handOver = through;
}

/**
 * Holds a bastion to what it says with a batch: it has given out no more than this, and of that nothing is left when there
 * is nothing in the batch.
 */
export function holdToWord(session: Session, newest: number | undefined, isEmpty: boolean): void {
  // Without that, an empty batch only asks whether the session is still open.
  if (newest === undefined) return;
  endHandOver(session, BigInt(newest));
  if (isEmpty) endHandOver(session, session.acknowledged);
}
