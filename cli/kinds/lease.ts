// Leases on the command line: which machine has which address. They have no name: their id stands for it.
import { catalog } from '../../schema/catalog.ts';
import {
  DescribeLeaseDocument,
  type DescribeLeaseQuery,
  LeaseDocument,
  type LeaseRowFragment,
  LeasesDocument,
  WatchLeasesDocument,
} from '../generated/documents.ts';
import { age, left } from '../terminal/text.ts';
import { defineKind, macField, type Section } from './kind.ts';

type Described = NonNullable<DescribeLeaseQuery['one']>;

function describe(lease: Described, now: number): Section {
  const { expiresAt } = lease;
  return {
    title: `lease of ${lease.ip}`,
    facts: [
      ['Id', lease.id],
      ['MAC', lease.mac],
      ['Server', lease.server && `server/${lease.server.name}`],
      ['Given by', lease.bastion && `bastion/${lease.bastion.name}`],
      ['Since', `${lease.createdAt} (${age(lease.createdAt, now)} ago)`],
      ['Expires', expiresAt && `${expiresAt} (${left(expiresAt, now)})`],
    ],
  };
}

export const lease = defineKind<LeaseRowFragment, Described>({
  kind: catalog.Lease,
  documents: {
    list: LeasesDocument,
    get: LeaseDocument,
    watch: WatchLeasesDocument,
    describe: DescribeLeaseDocument,
  },
  columns: [
    { header: 'ADDRESS', value: ({ ip }) => ip },
    { header: 'MAC', value: ({ mac }) => mac },
    { header: 'SERVER', value: ({ server }) => server?.name },
    { header: 'BASTION', value: ({ bastion }) => bastion?.name },
    { header: 'EXPIRES', value: ({ expiresAt }, now) => expiresAt && left(expiresAt, now) },
    { header: 'CLOUD', wide: true, value: ({ bastion }) => bastion?.cloud },
    { header: 'ENVIRONMENT', wide: true, value: ({ bastion }) => bastion?.environment },
    { header: 'ID', wide: true, value: ({ id }) => id },
    { header: 'AGE', value: ({ createdAt }, now) => age(createdAt, now) },
  ],
  fields: { 'status.mac': macField('mac') },
  placeless: true,
  searched: true,
  manifest: (row) => ({
    spec: {},
    status: {
      ip: row.ip,
      mac: row.mac,
      server: row.server?.name ?? null,
      bastion: row.bastion?.name ?? null,
      createdAt: row.createdAt,
      expiresAt: row.expiresAt,
    },
  }),
  describe,
  create: {},
  example: '',
  orders: ['CREATED_AT', 'MAC'],
});
