// Renews the bastion's certificate over the connection that was made with it, when two thirds of its life are over.
import { X509Certificate } from 'node:crypto';
import { newKey, type Enrolment } from '../enrolment/enrolment.ts';
import type { StoredEnrolment } from '../enrolment/kept.ts';
import { requestFor } from '../enrolment/request.ts';
import { RenewCertificateDocument } from '../generated/documents.ts';
import { ConnectionEnded, type Connection } from './connection.ts';
import { Renewed, type UplinkContext } from './context.ts';

/** Of its life, when it is renewed at the latest, and how much earlier that may be: bastions must not come all at once. */
const AT = 2 / 3;
const EARLIER = 1 / 20;

/**
 * When a certificate is to be renewed, milliseconds since 1970. Where the clock here was wrong when it came, its life
 * is counted from when it is valid, which labd's clock says.
 */
export function renewAt(
  { certificate, since }: Pick<StoredEnrolment, 'certificate' | 'since'>,
  random: number,
): number {
  const { validFrom, validTo } = new X509Certificate(certificate);
  const [first, last] = [Date.parse(validFrom), Date.parse(validTo)];
  const begun = since >= first && since < last ? since : first;
  return begun + (last - begun) * (AT - EARLIER * random);
}

/** Never resolves. Throws Renewed when there is another certificate to connect with, ConnectionEnded with the connection. */
export async function renewals(
  { clock, log, timings, sleep }: UplinkContext,
  connection: Connection,
  enrolment: Enrolment,
  kept: StoredEnrolment,
): Promise<never> {
  const due = renewAt(kept, clock.random());
  const dueIn = due - clock.now();
  const begun = clock.elapsed();
  for (;;) {
    // In steps, for a machine may sleep; and by both clocks, for this one may be set back, and labd's goes on.
    const wait = Math.min(due - clock.now(), begun + dueIn - clock.elapsed());
    if (wait > 0) {
      await sleep(Math.min(wait, timings.renewRetry));
      continue;
    }
    const key = newKey();
    try {
      const { renewCertificate } = await connection.request(RenewCertificateDocument, {
        input: { csr: requestFor(key) },
      });
      if (renewCertificate.__typename === 'Enrolment') {
        await enrolment.renewed(renewCertificate, key);
        log.info({ name: kept.name }, 'The certificate was renewed');
        throw new Renewed('The certificate was renewed');
      }
      const { message, remedy } = renewCertificate;
      log.error({ again: timings.renewRetry }, `The certificate could not be renewed: ${message} ${remedy}`);
    } catch (error) {
      if (error instanceof Renewed || error instanceof ConnectionEnded) throw error;
      log.error({ err: error, again: timings.renewRetry }, 'The certificate could not be renewed');
    }
    await sleep(timings.renewRetry);
  }
}
