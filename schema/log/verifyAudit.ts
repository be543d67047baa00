// Verifies the audit trail by computing its seals anew.
import { GraphQLError } from 'graphql';
import { problemsOf } from '../../server/store/sealing.ts';
import { formatLink, type Link, parseLink, verify, type Verification } from '../../server/store/verify.ts';
import { demandAll } from '../permissions/scope.ts';
import { builder } from '../base/builder.ts';

/** The most changes that one answer verifies: a few seconds' work, however long the log is. */
const MOST = 50_000;

const Fault = builder.enumType('AuditFault', {
  description: 'What is not as it was written.',
  values: {
    ROW_CHANGED: { description: 'A change is not what it was when it was sealed, or its seal is not.' },
    ROW_MISSING: { description: 'A change is gone.' },
    ROW_ADDED: { description: 'There is a change outside of the log.' },
    ROWS_REORDERED: { description: 'Changes were put in another order.' },
    SEAL_CHANGED: { description: 'A seal was changed, and not what it covers.' },
    LINK_MISSING: { description: 'A seal is gone, or goes on from elsewhere.' },
    TRIMMED_TOO_EARLY: { description: 'Changes are gone that labd is set to keep still.' },
    ANCHOR_BROKEN: { description: 'The seal that was noted is another one now, or is gone.' },
    ANCHOR_TRIMMED: { description: 'The seal that was noted is older than what is kept: nothing can be said of it.' },
  } as const,
});

interface Answer extends Verification {
  readonly problems: readonly string[];
}

const AuditVerification = builder.objectRef<Answer>('AuditVerification').implement({
  description: 'Whether the audit trail is what was written.',
  fields: (t) => ({
    ok: t.boolean({
      description: 'Whether it is, as far as it was looked at: see `complete`.',
      resolve: ({ problem }) => problem === null,
    }),
    problem: t.field({
      type: Fault,
      nullable: true,
      description: 'What is wrong first; null when nothing is.',
      resolve: ({ problem }) => problem?.fault ?? null,
    }),
    message: t.string({
      nullable: true,
      description: 'What is wrong first, in a sentence; null when nothing is.',
      resolve: ({ problem }) => problem?.message ?? null,
    }),
    from: t.field({
      type: 'Revision',
      description: 'What came after this revision was looked at; what came before is no longer kept, or was before.',
      resolve: ({ from }) => `rev:${from}`,
    }),
    upTo: t.field({
      type: 'Revision',
      description: 'Up to here the seals hold.',
      resolve: ({ to }) => `rev:${to}`,
    }),
    seals: t.exposeInt('seals', { description: 'How many seals hold.' }),
    unsealed: t.exposeInt('unsealed', {
      description: 'How many changes follow the last seal; they are sealed within seconds, refusals within minutes.',
    }),
    warnings: t.field({
      type: ['String'],
      description:
        'What keeps labd from vouching for what comes next, a sentence each: changes that stay unsealed, or times that have not come yet.',
      resolve: ({ problems }) => problems,
    }),
    anchor: t.string({
      nullable: true,
      description: 'The last seal that holds. Note it elsewhere: only that tells a log that was made anew as a whole.',
      resolve: ({ last }) => (last.rev > 0n ? formatLink(last) : null),
    }),
    complete: t.boolean({
      description: 'Whether all was looked at. If not, ask again with `anchor` as `from`.',
      resolve: ({ more }) => !more,
    }),
  }),
});

function linkOf(argument: string, text: string | null | undefined): Link | undefined {
  if (text == null) return undefined;
  const link = parseLink(text);
  if (link) return link;
  throw new GraphQLError(
    `"${argument}" is ${JSON.stringify(text.slice(0, 80))}, which is not a seal: give what an earlier verification answered, rev:hash.`,
    { extensions: { code: 'BAD_USER_INPUT' } },
  );
}

builder.queryField('verifyAudit', (t) =>
  t.field({
    type: AuditVerification,
    action: 'admin',
    description: `Computes the seals of the audit trail anew, about ${MOST} changes at a time, and says whether it was tampered with.`,
    args: {
      anchor: t.arg.string({ description: 'A seal that was noted earlier, `rev:hash`: it must be in the chain.' }),
      beginning: t.arg.string({
        description:
          'A seal, `rev:hash`, up to which changes are known to have been trimmed rightly, though labd is set to keep changes for longer now.',
      }),
      from: t.arg.string({ description: 'Go on from here: the `anchor` of an answer that was not complete.' }),
    },
    resolve: async (_root, { anchor, beginning, from }, context) => {
      demandAll(context.caller.scope, 'admin', 'verify the audit trail');
      const given = {
        anchor: linkOf('anchor', anchor),
        beginning: linkOf('beginning', beginning),
        from: linkOf('from', from),
      };
      const goOn = () => context.beforeReading();
      const found = await verify(context.database, { ...given, most: MOST, goOn });
      return { ...found, problems: problemsOf(context.database) };
    },
  }),
);
