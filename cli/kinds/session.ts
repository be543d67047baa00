// Sessions on the command line: who is signed in, from where. They have no name: their id stands for it.
import { catalog } from '../../schema/catalog.ts';
import {
  DeleteSessionDocument,
  DescribeSessionDocument,
  type DescribeSessionQuery,
  SessionDocument,
  type SessionRowFragment,
  SessionsDocument,
  WatchSessionsDocument,
} from '../generated/documents.ts';
import { age, left, word } from '../terminal/text.ts';
import { defineKind, type Section } from './kind.ts';

type Described = NonNullable<DescribeSessionQuery['one']>;

function describe(session: Described): Section {
  return {
    title: `session of ${session.user?.name ?? '(hidden)'}`,
    facts: [
      ['Id', session.id],
      ['Is', word(session.purpose)],
      ['From', session.address],
      ['Program', session.agent],
      ['Begun', session.createdAt],
      ['Last used', session.lastUsedAt],
      ['Ends', `${session.expiresAt} (${left(session.expiresAt)})`],
    ],
  };
}

export const session = defineKind<SessionRowFragment, Described>({
  kind: catalog.Session,
  documents: {
    list: SessionsDocument,
    get: SessionDocument,
    watch: WatchSessionsDocument,
    describe: DescribeSessionDocument,

    remove: DeleteSessionDocument,
  },
  columns: [
    { header: 'ID', value: ({ id }) => id },
    { header: 'USER', value: ({ user }) => user?.name },
    { header: 'IS', value: ({ purpose }) => word(purpose) },
    { header: 'FROM', value: ({ address }) => address },
    { header: 'LAST USED', value: ({ lastUsedAt }) => lastUsedAt && age(lastUsedAt) },
    { header: 'ENDS', value: ({ expiresAt }) => left(expiresAt) },
    { header: 'PROGRAM', wide: true, value: ({ agent }) => agent },
    { header: 'AGE', value: ({ createdAt }) => age(createdAt) },
  ],
  placeless: true,
  manifest: (row) => ({
    spec: {},
    status: {
      user: row.user?.name,
      purpose: row.purpose,
      address: row.address,
      agent: row.agent,
      createdAt: row.createdAt,
      lastUsedAt: row.lastUsedAt,
      expiresAt: row.expiresAt,
    },
  }),
  describe,
  create: {},
  example: '',
  orders: ['CREATED_AT'],
});
