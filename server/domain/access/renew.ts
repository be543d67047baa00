// Renews the certificate of an enrolment, and revokes an enrolment.
import type { Database, Origin, Writer, Written } from '../../store/types.ts';
import { Conflict, NotFound } from '../errors.ts';
import type { Authority } from './authority.ts';
import type { Enrolled } from './enrol.ts';
import { changeEnrolled, enrollable, tokenCommand, type EnrolledRow } from './enrolled.ts';
import { demandMayMake } from './lifetimes.ts';
import type { Certified, EnrolledKind } from './certificateSubject.ts';

/**
 * Another certificate of the same enrolment, for the holder of one. Throws InvalidInput for a signing request that cannot
 * be taken, and Conflict when the enrolment has ended.
 */
export async function renew(
  db: Database,
  authority: Authority,
  origin: Origin,
  { kind, id, enrolment }: Pick<Certified, 'kind' | 'id' | 'enrolment'>,
  csr: string,
): Promise<Enrolled> {
  demandMayMake({ kind: `${kind}Certificate` }, 'certificate', 'input.csr');
  const work = async (tx: Writer): Promise<Enrolled> => {
    const before = await enrollable[kind].table(tx.client).findFirst({ where: { id, enrolment } });
    if (before && before.revokedAt === null) {
      const issued = await authority.sign(csr, { kind, id, name: before.name, enrolment });
      const { serial: certificateSerial, expiresAt: certificateExpiresAt } = issued;
      const row = await changeEnrolled(tx, kind, before, { certificateSerial, certificateExpiresAt });
      if (row) return { row, issued };
    }
    throw new Conflict(
      `The enrolment of this ${kind} was revoked, or replaced by another one.`,
      `Enrol it anew, with a token: ${tokenCommand(kind, before?.name)}`,
    );
  };
  return (await db.write(origin, work, { lockHead: true })).value;
}

/** Ends an enrolment: all its certificates are worthless, until it enrols with a token made later. Throws NotFound. */
export function revoke(db: Database, origin: Origin, kind: EnrolledKind, id: string): Promise<Written<EnrolledRow>> {
  const work = async (tx: Writer): Promise<EnrolledRow> => {
    const before = await enrollable[kind].table(tx.client).findFirst({ where: { id } });
    if (!before) throw new NotFound(`There is no such ${kind}.`, `List the ${kind}s there are, and check the name.`);
    if (before.revokedAt !== null && before.enrolment === null) return before;
    const after = await changeEnrolled(tx, kind, before, { enrolment: null, revokedAt: new Date(tx.system.now()) });
    if (after) return after;
    throw new Conflict(`${kind} "${before.name}" was changed at the same moment.`, 'Revoke it again.');
  };
  return db.write(origin, work, { lockHead: true });
}
