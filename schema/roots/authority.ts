// labd's authority: by which its certificates are known, which one before it is still good, and how its key is kept.
import type { Authority, Replaced } from '../../server/domain/access/authority.ts';
import { builder } from '../base/builder.ts';

/** What the certificates between authorities are, wherever they are shown. */
export const CROSS =
  'PEM: by which each earlier authority that is still good vouches for the key of the one after it, the newest first.';

const ReplacedAuthority = builder.objectRef<Replaced>('ReplacedAuthority').implement({
  description: 'An authority whose place another took, and which is good for a while.',
  fields: (t) => ({
    keyHash: t.exposeString('keyHash', { description: 'The SHA-256 of its key, hexadecimal.' }),
    endsAt: t.expose('endsAt', { type: 'DateTime', description: 'Until when it is good.' }),
  }),
});

const AuthorityType = builder.objectRef<Authority>('Authority').implement({
  description: "labd's own certificate authority, which everybody may see: each TLS handshake shows it.",
  fields: (t) => ({
    certificate: t.exposeString('certificate', { description: 'Its certificate, PEM, signed by itself.' }),
    crossCertificates: t.stringList({
      description: CROSS,
      resolve: ({ crossCertificates }) => [...crossCertificates],
    }),
    keyHash: t.exposeString('keyHash', {
      description: 'The SHA-256 of its key, hexadecimal: what tokens to join and `lab login --authority-hash` name.',
    }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', description: 'When its certificate ends.' }),
    replaced: t.field({
      type: [ReplacedAuthority],
      description: 'The earlier ones that are still good, the newest first.',
      resolve: ({ replaced }) => [...replaced],
    }),
  }),
});

builder.queryField('authority', (t) =>
  t.field({
    type: AuthorityType,
    action: 'public',
    description: "labd's own certificate authority, for whoever follows from an earlier one to it.",
    resolve: (_root, _args, { authority }) => authority,
  }),
);
