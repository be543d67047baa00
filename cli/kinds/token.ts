// Tokens on the command line. Making one answers with its secret: see commands/create-token.ts.
import { catalog } from '../../schema/catalog.ts';
import {
  DeleteTokenDocument,
  DescribeTokenDocument,
  type DescribeTokenQuery,
  TokenDocument,
  type TokenRowFragment,
  TokensDocument,
  WatchTokensDocument,
} from '../generated/documents.ts';
import { age, left, word } from '../terminal/text.ts';
import { dependentSection, hangingDependents } from './dependents.ts';
import { conditionSection, defineKind, manifestConditions, placeColumns, placeFacts, type Section } from './kind.ts';

type Described = NonNullable<DescribeTokenQuery['one']>;

function describe(token: Described, now: number): Section {
  return {
    title: `token/${token.name}`,
    facts: [
      ['Id', token.id],
      ['For', word(token.purpose)],
      ['User', token.user?.name],
      ['Enrols', token.purpose === 'API' ? null : (token.subject ?? 'any name')],
      ['Uses left', token.usesLeft],
      ['Begins', token.prefix],
      ['Ends', token.expiresAt ? `${token.expiresAt} (${left(token.expiresAt, now)})` : 'never'],
      ['Last used', token.lastUsedAt && `${token.lastUsedAt} (${age(token.lastUsedAt, now)} ago)`],
      ...placeFacts(token),
      ['Created', token.createdAt],
    ],
    below: [...dependentSection(token.dependents), ...conditionSection(token.conditions)],
  };
}

export const token = defineKind<TokenRowFragment, Described>({
  kind: catalog.Token,
  documents: {
    list: TokensDocument,
    get: TokenDocument,
    watch: WatchTokensDocument,
    describe: DescribeTokenDocument,

    remove: DeleteTokenDocument,
  },
  columns: [
    { header: 'NAME', value: ({ name }) => name },
    { header: 'PURPOSE', value: ({ purpose }) => word(purpose) },
    { header: 'USER/SUBJECT', value: ({ user, subject }) => user?.name ?? subject },
    { header: 'USES LEFT', value: ({ usesLeft }) => usesLeft },
    { header: 'EXPIRES', value: ({ expiresAt }, now) => (expiresAt ? left(expiresAt, now) : 'never') },
    { header: 'LAST USED', value: ({ lastUsedAt }, now) => lastUsedAt && age(lastUsedAt, now) },
    { header: 'PREFIX', wide: true, value: ({ prefix }) => prefix },
    ...placeColumns,
    { header: 'AGE', value: ({ createdAt }, now) => age(createdAt, now) },
  ],
  manifest: (row) => ({
    spec: { purpose: row.purpose, user: row.user?.name, subject: row.subject },
    status: {
      createdAt: row.createdAt,
      prefix: row.prefix,
      usesLeft: row.usesLeft,
      expiresAt: row.expiresAt,
      lastUsedAt: row.lastUsedAt,
      conditions: manifestConditions(row.conditions),
    },
  }),
  describe,
  hanging: ({ dependents }) => hangingDependents(dependents),
  create: {},
  example: '--bastion north',
  orders: ['NAME', 'CREATED_AT', 'UPDATED_AT'],
});
