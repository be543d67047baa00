// Stored queries on the command line.
import * as inputs from '../generated/inputs.ts';
import { catalog } from '../../schema/catalog.ts';
import {
  DeleteStoredQueryDocument,
  DescribeStoredQueryDocument,
  type DescribeStoredQueryQuery,
  RenameStoredQueryDocument,
  StoredQueriesDocument,
  StoredQueryDocument,
  type StoredQueryRowFragment,
  WatchQueriesDocument,
} from '../generated/documents.ts';
import { age } from '../terminal/text.ts';
import { decided } from './decided.ts';
import { defineKind, placeColumns, placeFacts, type Section } from './kind.ts';

type Described = NonNullable<DescribeStoredQueryQuery['one']>;

const describe = (query: Described): Section => ({
  title: `query/${query.name}`,
  facts: [
    ['Id', query.id],
    ['Description', query.description],
    ['Hash', query.hash],
    ...placeFacts(query),
    ['Created', query.createdAt],
    ['Changed', query.updatedAt],
  ],
  below: [
    {
      title: 'Document',
      below: query.document
        .trim()
        .split('\n')
        .map((title) => ({ title })),
    },
  ],
});

/** Enough of a hash to tell stored queries apart by. */
const short = (hash: string): string => hash.slice(0, 12);

export const query = defineKind<StoredQueryRowFragment, Described>({
  kind: catalog.StoredQuery,
  documents: {
    list: StoredQueriesDocument,
    get: StoredQueryDocument,
    watch: WatchQueriesDocument,
    describe: DescribeStoredQueryDocument,
    rename: RenameStoredQueryDocument,
    remove: DeleteStoredQueryDocument,
  },
  columns: [
    { header: 'NAME', value: ({ name }) => name },
    { header: 'HASH', wide: false, value: ({ hash }) => short(hash) },
    { header: 'HASH', wide: true, value: ({ hash }) => hash },
    { header: 'DESCRIPTION', value: ({ description }) => description },
    ...placeColumns,
    { header: 'CHANGED', value: ({ updatedAt }, now) => age(updatedAt, now) },
  ],
  manifest: (row) => ({
    spec: decided(inputs.StoredQuery, row),
    status: { hash: row.hash, createdAt: row.createdAt, updatedAt: row.updatedAt },
  }),
  describe,
  create: {},
  example: '',
  orders: ['NAME', 'CREATED_AT', 'UPDATED_AT'],
});
