// Enrolment: a bastion or an agent exchanges a join token for a certificate. When several arrive with the last use of a
// token, one succeeds.
import { createHash } from 'node:crypto';
import type { Token } from '../../store/generated/client.ts';
import { recordRefusal } from '../../store/refusals.ts';
import type { Database, Origin, Writer } from '../../store/types.ts';
import { demandRight } from '../../../common/checked.ts';
import { Conflict, InvalidInput } from '../errors.ts';
import { checkName } from '../objects/validate.ts';
import { uuid7 } from '../uuid.ts';
import type { Authority, Issued } from './authority.ts';
import { changeEnrolled, enrollable, recordEnrolled, tokenCommand, type EnrolledRow } from './enrolled.ts';
import type { EnrolledKind } from './certificateSubject.ts';
import { demandMayMake } from './lifetimes.ts';
import { lineageOf } from './lineage.ts';
import { parseSecret } from './secrets.ts';

export interface EnrolInput {
  /** The kind that enrols; the token must be for it */
  readonly kind: EnrolledKind;
  /** The token as it was shown */
  readonly token: string;
  /** Signing request, PEM */
  readonly csr: string;
  /** Its name; the token's subject when absent */
  readonly name?: string | null | undefined;
  /** The name to use when neither the input nor the token has one */
  readonly hostname?: string | null | undefined;
}

/** The row of what enrolled, and its certificate. */
export interface Enrolled {
  readonly row: EnrolledRow;
  readonly issued: Issued;
}

/** The same, and the revision at which every labd has ended the earlier enrolment. */
export interface Admitted extends Enrolled {
  readonly revision: bigint | null;
}

/**
 * Lets a bastion or an agent in: consumes one use of its token and makes it, or takes it over, in one transaction. The
 * certificates of an earlier enrolment are worthless after that. Whoever asks again with the same token and key, because
 * the answer was lost, is answered again as long as that certificate is good. Throws InvalidInput, always the same for a
 * token that is unknown, expired, used up or meant for something else, and Conflict when the token does not go as far as
 * that name.
 */
export async function enrol(db: Database, authority: Authority, origin: Origin, input: EnrolInput): Promise<Admitted> {
  // Checked first, so that an error in the request says nothing about the token.
  const key = await authority.keyOf(input.csr);
  try {
    const token = await tokenOf(db, input);
    if (!token) throw notTaken(input.kind);
    const known = { ...origin, actor: `token/${token.name}` };
    const work = (tx: Writer) => admit(tx, authority, input, { token, enrolment: enrolmentOf(token, key) });
    // Batches of the uplink lock the head too, so the two cannot run into each other.
    const { value, revision } = await db.write(known, work, { lockHead: true });
    return { ...value, revision };
  } catch (error) {
    if (error instanceof InvalidInput && error.field === 'input.token') {
      const { type } = enrollable[input.kind];
      await recordRefusal(db, origin, { kind: type, id: null, name: '*', operation: 'CREATE' });
    }
    throw error;
  }
}

async function admit(
  tx: Writer,
  authority: Authority,
  input: EnrolInput,
  { token, enrolment }: { token: Token; enrolment: string },
): Promise<Enrolled> {
  const { kind, csr } = input;
  demandMayMake({ kind: 'joinToken' }, 'certificate', 'input.token');
  const table = enrollable[kind].table(tx.client);
  // A repeated request is answered only while its certificate is valid; after that it takes another use of the token.
  const repeated = await table.findFirst({
    where: { enrolment, certificateExpiresAt: { gt: new Date(tx.system.now()) } },
  });
  if (!repeated) await use(tx, token, kind);
  const name = repeated?.name ?? nameFor(token, input);
  const before = repeated ?? (await table.findFirst({ where: { name } }));
  if (!repeated) checkReach(token, before, kind);
  const id = before?.id ?? uuid7(tx.system)();
  const issued = await authority.sign(csr, { kind, id, name, enrolment });
  const { serial: certificateSerial, expiresAt: certificateExpiresAt } = issued;
  const columns = { enrolment, certificateSerial, certificateExpiresAt, revokedAt: null };
  if (before) {
    const row = await changeEnrolled(tx, kind, before, columns);
    if (row) return { row, issued };
    throw new Conflict(`${kind} "${name}" was changed at the same moment.`, 'Enrol again.');
  }
  const { cloud, environment } = token;
  const row = await table.create({ data: { id, name, cloud, environment, ...columns } });
  recordEnrolled(tx, kind, null, row);
  return { row, issued };
}

const notTaken = (kind: EnrolledKind) =>
  new InvalidInput(
    'input.token',
    `The token is not one that lets a ${kind} in, or it has expired, or was used up.`,
    `Make another with ${tokenCommand(kind)}, and give it whole, with what follows the dot.`,
  );

/** The token, if it is one that may let this kind in; whether a use is left shows when it is taken. */
async function tokenOf(db: Database, { token, kind }: EnrolInput): Promise<Token | undefined> {
  const secret = parseSecret(token);
  if (secret?.prefix !== 'lab_join') return undefined;
  const row = await db.prisma.token.findUnique({ where: { tokenHash: secret.hash } });
  if (row?.purpose !== enrollable[kind].purpose) return undefined;
  const now = new Date(db.system.now());
  if (row.expiresAt !== null && row.expiresAt <= now) return undefined;
  return (await lineageOf(db.prisma, row.madeWith, now)) ? row : undefined;
}

/** An id derived from token and key, by which a repeated request is recognised. */
function enrolmentOf(token: Token, key: Buffer): string {
  const bytes = createHash('sha256').update('enrolment').update(token.tokenHash).update(key).digest().subarray(0, 16);
  // UUID version 8, whose content is up to the application.
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function nameFor(token: Token, { kind, name, hostname }: EnrolInput): string {
  const given = name ?? token.subject ?? hostname;
  if (given == null) throw new InvalidInput('input.name', `The ${kind} has no name.`, 'Say what it is called.');
  if (token.subject !== null && given !== token.subject)
    throw new InvalidInput(
      'input.name',
      `The token is for another ${kind} than "${given.slice(0, 80)}".`,
      `Leave the name out, or make a token for it: ${tokenCommand(kind, given.slice(0, 80))}`,
    );
  return demandRight(checkName('input.name', given));
}

/** Takes one use of a token, if there is one left. */
async function use(tx: Writer, token: Token, kind: EnrolledKind): Promise<void> {
  const now = new Date(tx.system.now());
  const [after] = await tx.client.token.updateManyAndReturn({
    where: { id: token.id, usesLeft: { gt: 0 }, OR: [{ expiresAt: null }, { expiresAt: { gt: now } }] },
    data: { usesLeft: { decrement: 1 }, lastUsedAt: now, version: { increment: 1 } },
  });
  if (!after) throw notTaken(kind);
  const { id, name, cloud, environment, version, usesLeft } = after;
  const { lastUsedAt, updatedAt } = token;
  const before = { ...after, usesLeft: usesLeft! + 1, version: version - 1n, lastUsedAt, updatedAt };
  tx.record({ kind: 'Token', id, name, cloud, environment, operation: 'UPDATE', before, after });
}

/** Throws Conflict when a token may not replace the bastion or agent that has the name already. */
function checkReach(token: Token, before: EnrolledRow | null, kind: EnrolledKind): void {
  if (!before) return;
  const called = `${kind} "${before.name}"`;
  if (before.cloud !== token.cloud || before.environment !== token.environment)
    throw new Conflict(
      `There is a ${called}, but not in ${token.cloud}/${token.environment}, which the token is for.`,
      `Make a token where it is: ${tokenCommand(kind, before.name)} --cloud NAME --environment NAME`,
    );
  // A token for any name admits new ones; it must not replace one that has enrolled.
  if (token.subject === null && (before.enrolment !== null || before.revokedAt !== null))
    throw new Conflict(
      `There is a ${called} already, which has enrolled.`,
      `Choose another name, or make a token to replace it: ${tokenCommand(kind, before.name)}`,
    );
  if (before.revokedAt !== null && token.createdAt <= before.revokedAt)
    throw new Conflict(
      `${called} was revoked after the token was made.`,
      `Make a new token if it may come back: ${tokenCommand(kind, before.name)}`,
    );
}
