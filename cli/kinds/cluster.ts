// Clusters on the command line.
import { catalog } from '../../schema/catalog.ts';
import {
  ClusterDocument,
  type ClusterRowFragment,
  ClustersDocument,
  CreateClusterDocument,
  DeleteClusterDocument,
  DescribeClusterDocument,
  type DescribeClusterQuery,
  RenameClusterDocument,
  WatchClustersDocument,
} from '../generated/documents.ts';
import { age, type Style, word } from '../terminal/text.ts';
import {
  conditionSection,
  counted,
  defineKind,
  manifestConditions,
  placeColumns,
  placeFacts,
  placedFlags,
  type Section,
  wholeList,
  hanging,
} from './kind.ts';

type Described = NonNullable<DescribeClusterQuery['one']>;

const colours: Record<string, Style> = { HEALTHY: 'green', DEGRADED: 'yellow', UNHEALTHY: 'red' };

function describe(cluster: Described): Section {
  const { members } = cluster;
  return {
    title: `cluster/${cluster.name}`,
    facts: [
      ['Id', cluster.id],
      ['Kind', cluster.kind],
      ['Health', word(cluster.health)],
      ['Endpoint', cluster.endpoint],
      ...placeFacts(cluster),
      ['Created', cluster.createdAt],
    ],
    below: [
      {
        title: counted('Members', members),
        below: members.nodes.map(({ role, server, createdAt }) => ({
          title: server ? `server/${server.name}` : '(hidden)',
          facts: [
            ['Role', word(role)],
            ['Status', word(server?.status)],
            ['IP', server?.ip],
            ['Since', createdAt],
          ],
        })),
      },
      ...conditionSection(cluster.conditions),
    ],
  };
}

export const cluster = defineKind<ClusterRowFragment, Described>({
  kind: catalog.Cluster,
  documents: {
    list: ClustersDocument,
    get: ClusterDocument,
    watch: WatchClustersDocument,
    describe: DescribeClusterDocument,
    create: CreateClusterDocument,
    rename: RenameClusterDocument,
    remove: DeleteClusterDocument,
  },
  columns: [
    { header: 'NAME', value: ({ name }) => name },
    { header: 'KIND', value: ({ kind }) => kind },
    { header: 'HEALTH', value: ({ health }) => word(health), style: ({ health }) => colours[health] },
    { header: 'MEMBERS', value: ({ size }) => size.totalCount },
    { header: 'ENDPOINT', wide: true, value: ({ endpoint }) => endpoint },
    ...placeColumns,
    { header: 'AGE', value: ({ createdAt }, now) => age(createdAt, now) },
  ],
  manifest: (row) => ({
    spec: {
      kind: row.kind,
      endpoint: row.endpoint,
      install: row.install,
      // One that may not be seen has no name to write down.
      members: wholeList(row.members, ({ role, server }) =>
        server ? [{ server: server.name, role: word(role) }] : [],
      ),
    },
    status: { createdAt: row.createdAt, health: word(row.health), conditions: manifestConditions(row.conditions) },
  }),
  describe,
  hanging: ({ members }) => [
    hanging('These are members no more', members, ({ server }) => server && `server/${server.name}`),
  ],
  create: {
    kind: { field: 'kind', description: 'what runs it; k3s when absent' },
    endpoint: { field: 'endpoint', description: 'URL of its API' },
    ...placedFlags,
  },
  example: '--name home --endpoint https://192.168.8.20:6443',
  fields: { 'spec.kind': { field: 'kind' } },
  orders: ['NAME', 'CREATED_AT', 'UPDATED_AT'],
});
