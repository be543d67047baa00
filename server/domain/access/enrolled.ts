// The kinds that can enrol, bastions and agents, as a table: their models have the same columns for enrolment.
import type { Prisma } from '../../store/generated/client.ts';
import type { Writer } from '../../store/types.ts';
import type { EnrolledKind } from './certificateSubject.ts';

/** The row of a bastion or an agent, as far as enrolment looks at it. */
export interface EnrolledRow {
  id: string;
  name: string;
  cloud: string;
  environment: string;
  version: bigint;
  enrolment: string | null;
  certificateSerial: string | null;
  certificateExpiresAt: Date | null;
  revokedAt: Date | null;
}

/** The columns that enrolment sets. */
export type EnrolmentColumns = Pick<
  EnrolledRow,
  'enrolment' | 'certificateSerial' | 'certificateExpiresAt' | 'revokedAt'
>;

interface Table {
  findFirst(query: { where: object }): Promise<EnrolledRow | null>;
  create(query: { data: object }): Promise<EnrolledRow>;
  updateManyAndReturn(query: { where: object; data: object }): Promise<EnrolledRow[]>;
}

interface Spec {
  /** Its kind in the graph and in the change log */
  readonly type: string;
  /** The purpose of the tokens that let it in */
  readonly purpose: 'BASTION' | 'AGENT';
  readonly table: (client: Prisma.TransactionClient) => Table;
}

export const enrollable: Readonly<Record<EnrolledKind, Spec>> = {
  bastion: { type: 'Bastion', purpose: 'BASTION', table: (client) => client.bastion },
  agent: { type: 'Agent', purpose: 'AGENT', table: (client) => client.agent },
};

/** What to type for a token that lets one in. */
export const tokenCommand = (kind: EnrolledKind, name = 'NAME'): string => `lab create token --${kind} ${name}`;

/** Notes what happened to one of them. */
export function recordEnrolled(tx: Writer, kind: EnrolledKind, before: EnrolledRow | null, after: EnrolledRow): void {
  const { id, name, cloud, environment } = after;
  const operation = before ? 'UPDATE' : 'CREATE';
  tx.record({ kind: enrollable[kind].type, id, name, cloud, environment, operation, before, after });
}

/** Changes a row that is as it was read; undefined when it is not any more. */
export async function changeEnrolled(
  tx: Writer,
  kind: EnrolledKind,
  before: EnrolledRow,
  columns: Partial<EnrolmentColumns>,
): Promise<EnrolledRow | undefined> {
  const [after] = await enrollable[kind].table(tx.client).updateManyAndReturn({
    where: { id: before.id, version: before.version },
    data: { ...columns, version: { increment: 1 } },
  });
  if (after) recordEnrolled(tx, kind, before, after);
  return after;
}
