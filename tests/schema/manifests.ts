// Manifests for a graph: how they are applied, and what is said of that.
import type { Scope } from '../../server/domain/grants.ts';
import type { TestGraph } from '../support/graph.ts';

const document = `mutation ($input: ApplyManifestsInput!) { applyManifests(input: $input) { __typename
  ... on AppliedManifests { dryRun outcomes { index kind name outcome changes { path before after } } }
  ... on ManifestProblems { problems { index kind name path type message remedy permission choices } }
  ... on UserError { message } ... on InvalidInput { field } } }`;

export interface Answer {
  __typename: string;
  outcomes: { index: number; kind: string; name: string; outcome: string; changes: { path: string }[] }[];
  problems: { index: number | null; path: string; type: string; message: string; remedy: string }[];
}

export const apply = async (
  { data }: TestGraph,
  manifests: object[],
  more: object = {},
  scope?: Scope,
): Promise<Answer> => {
  const asked = { variables: { input: { manifests, ...more } }, ...(scope ? { scope } : {}) };
  return (await data(document, asked)).applyManifests;
};
export const manifest = (kind: string, name: string, spec: object = {}, metadata: object = {}) => ({
  apiVersion: 'lab/v1',
  kind,
  metadata: { name, ...metadata },
  spec,
});
export const said = ({ outcomes }: Answer) => outcomes?.map(({ kind, name, outcome }) => `${kind}/${name} ${outcome}`);
export const wrong = ({ problems }: Answer) =>
  problems?.map(({ index, path, type, message }) => `${index} ${path} ${type}: ${message}`);
export const rows = ({ db }: TestGraph) => db.prisma.change.count();

export const house = [
  manifest('Cluster', 'home', {
    members: [
      { server: 'b', role: 'worker' },
      { server: 'a', role: 'control-plane' },
    ],
  }),
  manifest('Vm', 'web', { vcpus: 2, memoryGb: 4, server: 'a', networks: ['lab', 'dmz'] }),
  manifest('User', 'ann', { roles: ['web'], email: 'ann@lab.example' }),
  manifest('Server', 'a', { mac: '02:00:00:00:00:0a' }, { labels: { rack: 'a1' } }),
  manifest('Server', 'b', { mac: '02-00-00-00-00-0B', role: 'Worker' }),
  manifest('Network', 'lab', { cidr: '10.0.0.0/24', gateway: '10.0.0.1' }),
  manifest('Network', 'dmz', { cidr: 'FD00::/64', vlan: 7 }),
  manifest('Role', 'web', { permissions: ['read:*:*:*'] }),
  manifest('Bastion', 'north', {}, { cloud: 'edge' }),
];
