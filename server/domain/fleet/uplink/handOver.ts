// What a bastion hands over as it joins: what it had given a number by then, and no more. That is the bastion's own word, so it
// is held to whatever it says next: each word that can only be said after it joined ends it there, and nothing begins it again.
// What was decided at labd since goes by revision: the clocks of several labd and of the database differ, and jump.
import type { Bastion, Prisma } from '../../../store/generated/client.ts';
import type { OpenUplinkInput } from '../contract/input.ts';
import type { Session } from './sessions.ts';

/**
 * At which revision a bastion joined, and what it has to hand over from before: said once, and no more until it enrols anew.
 * Whoever calls has locked the head, so that all that comes later has a greater revision.
 */
export async function joining(
  client: Prisma.TransactionClient,
  { oldest, newest }: OpenUplinkInput,
  { enrolment }: Bastion,
  earlier: Session | undefined,
): Promise<Pick<Session, 'enrolment' | 'joinedRevision' | 'handOver'>> {
  if (earlier?.enrolment === enrolment)
    return { enrolment, joinedRevision: earlier.joinedRevision, handOver: earlier.handOver };
  const { rev } = await client.head.findUniqueOrThrow({ where: { id: 1 }, select: { rev: true } });
  // A spool that has nothing left has nothing to hand over, whatever numbers it gave out.
  return { enrolment, joinedRevision: rev, handOver: oldest === 0 ? 0n : BigInt(newest) };
}

/** Whether something that a bastion says may still be from before it joined. */
export const isHandedOver = (session: Session, sequence: number): boolean => BigInt(sequence) <= session.handOver;

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
