// Bastions and agents join with a token, renew what they got for it, and are shut out again.
import { GraphQLError } from 'graphql';
import type { Place } from '../../common/place.ts';
import { blockOf } from '../../server/domain/access/addressBlock.ts';
import { enrol, type Enrolled } from '../../server/domain/access/enrol.ts';
import { renew, revoke } from '../../server/domain/access/renew.ts';
import { InvalidInput, NotFound } from '../../server/domain/errors.ts';
import { meant } from '../../server/domain/objects/reference.ts';
import { allOf } from '../../server/domain/where.ts';
import { demand } from '../permissions/scope.ts';
import { builder } from '../base/builder.ts';
import { type Context, originOf } from '../base/context.ts';
import type { Row } from '../base/rows.ts';
import { tableOf } from '../rows/tables.ts';
import { resultUnion, type Result } from '../base/errors.ts';
import { encodeId } from '../base/ids.ts';
import { Agent } from '../kinds/agent.ts';
import { Bastion } from '../kinds/bastion.ts';
import { visible } from '../lists/listArguments.ts';
import { CROSS } from '../roots/authority.ts';

/** What can enrol, and its kind in the graph. */
const joining = { bastion: Bastion, agent: Agent } as const;
type Joining = keyof typeof joining;

const EnrolledKind = builder.enumType('EnrolledKind', {
  description: 'What can enrol with labd to get a certificate.',
  values: {
    BASTION: { value: 'bastion', description: 'A bastion, which serves a site.' },
    AGENT: { value: 'agent', description: 'The agent on an installed server.' },
  } as const,
});

interface Joined extends Enrolled {
  readonly kind: Joining;
  readonly authority: string;
  readonly crossCertificates: readonly string[];
}

const Enrolment = builder.objectRef<Joined>('Enrolment').implement({
  description: 'A certificate, to be shown at each connection, and renewed over one at two thirds of its life.',
  fields: (t) => ({
    id: t.id({
      description: 'The bastion or agent that the certificate is for, `Kind:uuid`.',
      resolve: ({ kind, row }) => encodeId(joining[kind].kind, row.id),
    }),
    name: t.string({ description: "The name, which is labd's word.", resolve: ({ row }) => row.name }),
    certificate: t.string({ description: 'The certificate, PEM.', resolve: ({ issued }) => issued.certificate }),
    authority: t.exposeString('authority', {
      description: "The certificate of labd's authority, PEM: what labd's own is checked against from now on.",
    }),
    crossCertificates: t.exposeStringList('crossCertificates', { description: CROSS }),
    expiresAt: t.field({
      type: 'DateTime',
      description: 'When the certificate ends.',
      resolve: ({ issued }) => issued.expiresAt,
    }),
  }),
});

const EnrolInput = builder.inputType('EnrolInput', {
  description: 'Who wants to join, and the token that lets it.',
  fields: (t) => ({
    kind: t.field({ type: EnrolledKind, required: true, description: 'What it is; the token must be for that.' }),
    token: t.string({ required: true, description: 'The token, as createToken showed it.' }),
    csr: t.string({
      required: true,
      description: 'A signing request (PKCS #10), PEM. Its key is taken; what it says besides is not.',
    }),
    name: t.string({ description: "Its name, a DNS label; the token's subject when absent." }),
    hostname: t.string({ description: 'What it is called when neither `name` nor the token says.' }),
  }),
});

const RenewCertificateInput = builder.inputType('RenewCertificateInput', {
  description: 'What is to be renewed.',
  fields: (t) => ({
    csr: t.string({ required: true, description: 'A signing request (PKCS #10), PEM, of the same key or another.' }),
  }),
});

const joined = (context: Context, kind: Joining, enrolled: Enrolled): Joined & Result => ({
  ...enrolled,
  kind,
  authority: context.authority.certificate,
  crossCertificates: context.authority.crossCertificates,
  __typename: 'Enrolment',
});

builder.mutationField('enrol', (t) =>
  t.field({
    type: resultUnion('EnrolResult', 'What enrol answers.', [Enrolment]),
    action: 'public',
    description:
      'Lets a bastion or an agent in, for a use of a token. One that is there already under the name is replaced: its certificates are worthless from then on. Asking again with the same token and key is answered again.',
    args: {
      input: t.arg({ type: EnrolInput, required: true, description: 'Who wants to join, and the token that lets it.' }),
    },
    resolve: async (_root, { input }, context) => {
      const { database, authority, hub, throttle } = context;
      // Counted when it has failed: many may come at once from one address, each with a token of its own, and no token
      // can be guessed.
      const who = { of: 'enrol', who: blockOf(context.address) } as const;
      throttle.check(who);
      const trying = enrol(database, authority, originOf(context, 'enrol'), input);
      const { revision, ...enrolled } = await trying.catch((error: unknown) => {
        if (error instanceof InvalidInput) throttle.failed(who);
        throw error;
      });
      // The bastion or agent that was replaced is cut off before the new one gets its answer.
      if (revision !== null) await hub.reached(revision);
      return joined(context, input.kind, enrolled);
    },
  }),
);

/** The bastion or agent that the caller is, and the enrolment that it shows. Throws FORBIDDEN for anybody else. */
function enrolledCaller({ caller }: Context): { kind: Joining; id: string; enrolment: string } {
  const { kind, id, credential } = caller;
  const enrolment = /^Certificate:(.+)$/.exec(credential ?? '')?.[1];
  if (kind in joining && id !== null && enrolment !== undefined) return { kind: kind as Joining, id, enrolment };
  throw new GraphQLError(`${caller.actor} shows no certificate that could be renewed.`, {
    extensions: { code: 'FORBIDDEN' },
  });
}

builder.mutationField('renewCertificate', (t) =>
  t.field({
    type: resultUnion('RenewCertificateResult', 'What renewCertificate answers.', [Enrolment]),
    action: 'self',
    description: 'Another certificate of the same enrolment, for the bastion or agent that asks with one.',
    args: { input: t.arg({ type: RenewCertificateInput, required: true, description: 'What is to be renewed.' }) },
    resolve: async (_root, { input }, context) => {
      const { database, authority } = context;
      const who = enrolledCaller(context);
      const renewed = await renew(database, authority, originOf(context, 'renewCertificate'), who, input.csr);
      return joined(context, who.kind, renewed);
    },
  }),
);

function defineRevocation(kind: Joining): void {
  const resource = joining[kind];
  const name = `revoke${resource.kind}`;
  builder.mutationField(name, (t) =>
    t.field({
      type: resultUnion(`Revoke${resource.kind}Result`, `What ${name} answers.`, [resource.object]),
      action: 'admin',
      kind: resource.kind,
      description: `Makes all certificates of a ${kind} worthless and cuts its connections. It comes back with a token for its name that is made later.`,
      args: {
        by: t.arg({
          type: resource.by,
          required: true,
          description: `Which ${kind} to shut out: give exactly one of the ways that ${resource.kind}By has.`,
        }),
      },
      resolve: async (_root, { by }, context) => {
        const { database, hub, caller } = context;
        const [row] = await meant(resource.referenceWays(by), (way) =>
          tableOf(context, resource.kind).findMany({ where: allOf(way, visible(context, resource)), take: 1 }),
        );
        if (!row)
          throw new NotFound(
            `There is no ${kind} "${Object.values(by)[0]}".`,
            `List the ${kind}s there are, and check the name.`,
          );
        demand(caller.scope, 'admin', resource.kind, row as Row & Place);
        const { value, revision } = await revoke(database, originOf(context, name), kind, row.id);
        if (revision !== null) await hub.reached(revision);
        return { ...value, __typename: resource.kind };
      },
    }),
  );
}

for (const kind of Object.keys(joining)) defineRevocation(kind as Joining);
