// What ends with a credential: the tokens and sessions that were made with it, and with these. The caller is shown those
// that it may see.
import { type Dependent, madeWith } from '../../server/domain/access/lineage.ts';
import { allOf } from '../../server/domain/where.ts';
import { builder } from '../base/builder.ts';
import type { Context } from '../base/context.ts';
import type { Row } from '../base/rows.ts';
import { sizeAtMost } from '../base/sizes.ts';
import { visible } from '../lists/listArguments.ts';
import { resourceOf } from '../lists/registry.ts';
import { tableOf } from '../rows/tables.ts';
import { batched, computedField, idsOf } from './computed.ts';

type Dependents = Readonly<Record<Dependent['kind'], readonly Row[]>>;

const none: Dependents = { Token: [], Session: [] };

/** At most this many of each kind are listed with one credential. */
const LISTED = 100;
const listed = sizeAtMost(LISTED);

const CredentialDependents = builder.objectRef<Dependents>('CredentialDependents').implement({
  description: 'What was made with a credential, or with something that was: it ends when the credential does.',
  fields: (t) => ({
    tokens: t.field({
      type: [resourceOf('Token').object],
      extensions: { ...listed },
      description: `The tokens, the first ${LISTED} of them.`,
      resolve: ({ Token }) => Token.slice(0, LISTED),
    }),
    tokenCount: t.int({ description: 'How many tokens there are.', resolve: ({ Token }) => Token.length }),
    sessions: t.field({
      type: [resourceOf('Session').object],
      extensions: { ...listed },
      description: `The sessions, and links that were not opened yet, the first ${LISTED} of them.`,
      resolve: ({ Session }) => Session.slice(0, LISTED),
    }),
    sessionCount: t.int({
      description: 'How many sessions and links there are.',
      resolve: ({ Session }) => Session.length,
    }),
  }),
});

/** The rows of a kind among some dependents that the caller may see, by `Kind:id`. */
async function shown(kind: Dependent['kind'], dependents: readonly Dependent[], here: Context) {
  const ids = idsOf(dependents.filter((one) => one.kind === kind));
  const where = allOf({ id: { in: ids } }, visible(here, resourceOf(kind)));
  const rows = ids.length === 0 ? [] : await tableOf(here, kind).findMany({ where });
  return rows.map((row) => [`${kind}:${row.id}`, row] as const);
}

/** `dependents` of a token or a session; of all that ask, in as many statements as one hangs on another. */
export const dependentsField = (kind: Dependent['kind']) =>
  computedField({
    type: CredentialDependents,
    description: 'What ends with it, since it was made with it. Nothing at a revision.',
    columns: ['id'],
    now: batched(async (credentials: readonly { id: string }[], here: Context) => {
      const all = await madeWith(
        here.database.prisma,
        idsOf(credentials).map((id) => `${kind}:${id}`),
      );
      const rows = new Map([...(await shown('Token', all, here)), ...(await shown('Session', all, here))]);
      const by = new Map<string, Dependent[]>();
      for (const one of all) {
        const made = by.get(one.madeWith);
        if (made) made.push(one);
        else by.set(one.madeWith, [one]);
      }
      const below = (credential: string): Dependent[] =>
        (by.get(credential) ?? []).flatMap((one) => [one, ...below(`${one.kind}:${one.id}`)]);
      return ({ id }: { id: string }): Dependents => {
        const own = below(`${kind}:${id}`);
        const of = (which: Dependent['kind']) =>
          own.flatMap((one) => (one.kind === which ? (rows.get(`${which}:${one.id}`) ?? []) : []));
        return { Token: of('Token'), Session: of('Session') };
      };
    }),
    then: none,
    hidden: () => none,
  });
