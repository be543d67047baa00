// Finds whom a credential belongs to, in the database: how each kind of secret and of certificate is looked up.
import type { Certificate } from './caller.ts';
import type { Database } from '../../store/types.ts';
import { readGrant, type Scope } from '../grants.ts';
import type { CredentialKind, Maker } from '../maker.ts';
import { isOver, lineageOf } from './lineage.ts';

/** The caller that a credential belongs to. */
interface Found {
  readonly actor: string;
  readonly kind: 'user' | 'bastion' | 'agent';
  readonly id: string;
  readonly credential: string;
  readonly scope: Scope;
  readonly roles: readonly string[];
  readonly expiresAt: Date | null;
  readonly maker: Maker;
  readonly reliesOn: readonly string[];
}

export type Find = (db: Database, now: Date) => Promise<Found | undefined>;

const user = {
  select: {
    id: true,
    name: true,
    disabledAt: true,
    bindings: { select: { role: { select: { name: true, permissions: true } } } },
  },
} as const;

interface UserRow {
  id: string;
  name: string;
  disabledAt: Date | null;
  bindings: { role: { name: string; permissions: string[] } | null }[];
}

interface CredentialRow {
  id: string;
  madeWith: string | null;
  expiresAt: Date | null;
  user: UserRow | null;
}

/** The user behind a credential, as long as that and all that it hangs on are good. */
async function ofUser(
  db: Database,
  now: Date,
  { id, madeWith, expiresAt, user: row }: CredentialRow,
  kind: 'Token' | 'Session',
  is: CredentialKind,
): Promise<Found | undefined> {
  if (row === null || row.disabledAt !== null || isOver(expiresAt, now)) return undefined;
  const lineage = await lineageOf(db.prisma, madeWith, now);
  if (!lineage) return undefined;
  const credential = `${kind}:${id}`;
  const { depth, reliesOn } = lineage;
  const roles = row.bindings.flatMap(({ role }) => (role ? [role] : []));
  const permissions = new Set(roles.flatMap((role) => role.permissions));
  return {
    actor: `user/${row.name}`,
    kind: 'user',
    id: row.id,
    credential,
    scope: [...permissions].map(readGrant),
    roles: roles.map(({ name }) => name).sort(),
    expiresAt,
    maker: { kind: is, credential, expiresAt, madeWith, depth },
    reliesOn,
  };
}

/** What each session is, by what opened it. */
const sessions: Readonly<Record<string, CredentialKind>> = {
  PASSWORD: 'passwordSession',
  OPENID: 'providerSession',
  LINK: 'linkedSession',
};

/** How each kind of secret is looked up, by its prefix. Join tokens and sign-in links are no credentials. */
export const bySecret: Readonly<Record<string, (hash: string) => Find>> = {
  lab_pat: (hash) => async (db, now) => {
    const row = await db.prisma.token.findUnique({
      where: { tokenHash: hash },
      select: { id: true, purpose: true, expiresAt: true, madeWith: true, user },
    });
    if (row?.purpose !== 'API') return undefined;
    return ofUser(db, now, row, 'Token', row.expiresAt === null ? 'lastingToken' : 'endingToken');
  },
  lab_ses: (hash) => async (db, now) => {
    const row = await db.prisma.session.findUnique({
      where: { tokenHash: hash },
      select: { id: true, purpose: true, openedBy: true, expiresAt: true, madeWith: true, user },
    });
    if (row?.purpose !== 'SESSION') return undefined;
    return ofUser(db, now, row, 'Session', sessions[row.openedBy] ?? 'linkedSession');
  },
};

const enrolled = { id: true, name: true, cloud: true, environment: true, enrolment: true, revokedAt: true } as const;

/** How each kind of certificate is looked up. It is valid as long as the enrolment that it was issued for. */
export const byCertificate: Readonly<Record<Certificate['kind'], (certificate: Certificate) => Find>> = {
  bastion: (certificate) => async (db, now) => {
    const row = await db.prisma.bastion.findUnique({ where: { id: certificate.id }, select: enrolled });
    if (row === null || row.revokedAt || row.enrolment !== certificate.enrolment) return undefined;
    if (isOver(certificate.expiresAt, now)) return undefined;
    return { ...enrolledAs('bastion', row, certificate), scope: bastionScope(row) };
  },
  agent: (certificate) => async (db, now) => {
    const row = await db.prisma.agent.findUnique({ where: { id: certificate.id }, select: enrolled });
    if (row === null || row.revokedAt || row.enrolment !== certificate.enrolment) return undefined;
    if (isOver(certificate.expiresAt, now)) return undefined;
    return { ...enrolledAs('agent', row, certificate), scope: [] };
  },
};

interface BastionRow {
  id: string;
  name: string;
  cloud: string;
  environment: string;
}

/** What a bastion may do: speak for itself, and see itself and the servers that it holds. */
export function bastionScope({ id, name, cloud, environment }: BastionRow): Scope {
  const itself = { cloud, environment, target: `bastions/${name}` };
  return [
    { action: 'uplink', ...itself },
    { action: 'read', ...itself },
    { action: 'read', cloud: '*', environment: '*', target: 'servers/*', heldBy: id },
  ];
}

const certificates = { bastion: 'bastionCertificate', agent: 'agentCertificate' } as const;

const enrolledAs = (
  kind: 'bastion' | 'agent',
  row: { id: string; name: string },
  { enrolment, expiresAt }: Certificate,
) => ({
  actor: `${kind}/${row.name}`,
  kind,
  id: row.id,
  credential: `Certificate:${enrolment}`,
  roles: [],
  expiresAt,
  maker: { kind: certificates[kind], credential: `Certificate:${enrolment}`, expiresAt, madeWith: null, depth: 0 },
  reliesOn: [],
});
