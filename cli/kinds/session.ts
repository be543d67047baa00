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
import { dependentSection, hangingDependents } from './dependents.ts';
import { defineKind, type Section } from './kind.ts';

type Described = NonNullable<DescribeSessionQuery['one']>;

function describe(session: Described, now: number): Section {
  return {
    title: `session of ${session.user?.name ?? '(hidden)'}`,
    facts: [
      ['Id', session.id],
      ['Is', word(session.purpose)],
      ['From', session.address],
      ['Program', session.agent],
      ['Begun', session.createdAt],
      ['Last used', session.lastUsedAt],
      ['Ends', `${session.expiresAt} (${left(session.expiresAt, now)})`],
    ],
    below: dependentSection(session.dependents),
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
    { header: 'LAST USED', value: ({ lastUsedAt }, now) => lastUsedAt && age(lastUsedAt, now) },
    { header: 'ENDS', value: ({ expiresAt }, now) => left(expiresAt, now) },
    { header: 'PROGRAM', wide: true, value: ({ agent }) => agent },
    { header: 'AGE', value: ({ createdAt }, now) => age(createdAt, now) },
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
  hanging: ({ dependents }) => hangingDependents(dependents),
  create: {},
  example: '',
  orders: ['CREATED_AT'],
});
