// Writes and reads the subject of a certificate, the bastion or agent and its enrolment, as alternative names (URIs). The
// common name is for people only, since names may change.
import type { X509Certificate } from 'node:crypto';

/** The kinds that can enrol. */
export type EnrolledKind = 'bastion' | 'agent';

/** What a certificate says. */
export interface Certified {
  readonly kind: EnrolledKind;
  /** The bastion's or agent's uuid */
  readonly id: string;
  /** The enrolment that it comes from: another one makes it worthless */
  readonly enrolment: string;
  readonly expiresAt: Date;
}

/** What a certificate is made for. */
export interface Subject {
  readonly kind: EnrolledKind;
  readonly id: string;
  readonly name: string;
  readonly enrolment: string;
}

const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const SUBJECT_URI = new RegExp(`^URI:urn:lab:(bastion|agent):(${UUID})$`);
const ENROLMENT = new RegExp(`^URI:urn:lab:enrolment:(${UUID})$`);

/** The alternative names that say who a certificate is for. */
export const subjectUris = ({ kind, id, enrolment }: Subject): string[] => [
  `urn:lab:${kind}:${id}`,
  `urn:lab:enrolment:${enrolment}`,
];

/** Who a certificate is for; undefined unless it says so exactly once. Whoever signed it is not looked at. */
export function subjectIn(certificate: X509Certificate): Certified | undefined {
  const names = (certificate.subjectAltName ?? '').split(', ');
  const who = names.map((name) => SUBJECT_URI.exec(name)).filter((found) => found !== null);
  const from = names.map((name) => ENROLMENT.exec(name)).filter((found) => found !== null);
  if (names.length !== 2 || who.length !== 1 || from.length !== 1) return undefined;
  const [, kind, id] = who[0]!;
  return {
    kind: kind as EnrolledKind,
    id: id!,
    enrolment: from[0]![1]!,
    expiresAt: new Date(certificate.validTo),
  };
}
