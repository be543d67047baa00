// Bastions on the command line.
import { catalog } from '../../schema/catalog.ts';
import {
  BastionDocument,
  type BastionRowFragment,
  BastionsDocument,
  CreateBastionDocument,
  DeleteBastionDocument,
  DescribeBastionDocument,
  type DescribeBastionQuery,
  WatchBastionsDocument,
} from '../generated/documents.ts';
import { age, word } from '../terminal/text.ts';
import { readinessSection } from './readiness.ts';
import {
  conditionSection,
  counted,
  list,
  defineKind,
  placeColumns,
  manifestConditions,
  placeFacts,
  placedFlags,
  type Section,
  hanging,
} from './kind.ts';

type Described = NonNullable<DescribeBastionQuery['one']>;

/** What never came although machines were told that it is taken. */
const lost = ({ lostItems, lostAt, lostReason }: Described, now: number): string | null =>
  lostItems > 0 && lostAt
    ? `${lostItems} ${lostItems === 1 ? 'report' : 'reports'} that machines were told are taken, the last ${lostAt} (${age(lostAt, now)} ago): ${lostReason ?? 'it is not known why'}`
    : null;

function describe(bastion: Described, now: number): Section {
  const { servers } = bastion;
  return {
    title: `bastion/${bastion.name}`,
    facts: [
      ['Id', bastion.id],
      ['Online', bastion.online ? 'yes' : 'no'],
      ['Last seen', bastion.lastSeenAt && `${bastion.lastSeenAt} (${age(bastion.lastSeenAt, now)} ago)`],
      ['Software', bastion.software],
      ['Protocol', bastion.protocol],
      ['Installs at once', bastion.maxInstalls],
      ['Instance', bastion.instance],
      ['Lost', lost(bastion, now)],
      ...placeFacts(bastion),
      ['Registered', bastion.createdAt],
    ],
    below: [
      {
        title: counted('Servers', servers),
        below: servers.nodes.map(({ name, status }): Section => ({ title: `server/${name}: ${word(status)}` })),
      },
      ...list('Profiles', bastion.profiles, ({ profile, ...pair }) =>
        readinessSection(`profile/${profile?.name ?? '(hidden)'}`, pair),
      ),
      ...conditionSection(bastion.conditions),
    ],
  };
}

export const bastion = defineKind<BastionRowFragment, Described>({
  kind: catalog.Bastion,
  documents: {
    list: BastionsDocument,
    get: BastionDocument,
    watch: WatchBastionsDocument,
    describe: DescribeBastionDocument,
    create: CreateBastionDocument,
    remove: DeleteBastionDocument,
  },
  columns: [
    { header: 'NAME', value: ({ name }) => name },
    {
      header: 'ONLINE',
      value: ({ online }) => (online ? 'yes' : 'no'),
      style: ({ online }) => (online ? 'green' : 'red'),
    },
    { header: 'LAST SEEN', value: ({ lastSeenAt }, now) => lastSeenAt && age(lastSeenAt, now) },
    { header: 'VERSION', value: ({ software }) => software },
    ...placeColumns,
    { header: 'INSTANCE', wide: true, value: ({ instance }) => instance },
    { header: 'AGE', value: ({ createdAt }, now) => age(createdAt, now) },
  ],
  manifest: (row) => ({
    spec: { maxInstalls: row.maxInstalls },
    status: {
      createdAt: row.createdAt,
      online: row.online,
      lastSeenAt: row.lastSeenAt,
      software: row.software,
      protocol: row.protocol,
      instance: row.instance,
      lostItems: row.lostItems,
      lostAt: row.lostAt,
      lostReason: row.lostReason,
      conditions: manifestConditions(row.conditions),
    },
  }),
  describe,
  hanging: ({ servers }) => [
    hanging('It holds these, and stays as long as it does', servers, ({ name }) => `server/${name}`),
  ],
  create: {
    ...placedFlags,
    'max-installs': {
      field: 'maxInstalls',
      type: 'number',
      description: 'how many installs it runs at once, 20 if absent',
    },
  },
  example: '--name north',
  orders: ['NAME', 'CREATED_AT', 'UPDATED_AT'],
});
