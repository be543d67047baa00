// The border of an environment: whoever may do anything in one asks for what lies in another, by every way to name it.
import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { HostileCase, Outcome } from '../cases.ts';
import type { Target } from '../support.ts';

const MAC = '52:54:00:fe:00:01';
const mac = (n: number) => `52:54:00:00:01:${n.toString(16).padStart(2, '0')}`;

type Hidden = 'server' | 'bastion' | 'cluster' | 'network';
type Own = Record<Hidden | 'revision', string> & { headers: { authorization: string } };

/** Makes what is hidden, in prod, and somebody who may do anything in dev. */
async function prepare(target: Target): Promise<Own> {
  const headers = await target.signIn('*:*:dev:*');
  const made = await target.data<Record<Hidden, { id: string }>>(`mutation {
    server: createServer(input: { name: "secret-db", mac: "${MAC}", environment: "prod", labels: { owner: "secret-team" } }) { ... on Server { id } }
    bastion: createBastion(input: { name: "secret-site", environment: "prod" }) { ... on Bastion { id } }
    cluster: createCluster(input: { name: "secret-cluster", environment: "prod" }) { ... on Cluster { id } }
    network: createNetwork(input: { name: "secret-net", cidr: "10.9.0.0/16", environment: "prod" }) { ... on Network { id } }
    vm: createVm(input: { name: "dev-vm", vcpus: 1, memoryGb: 1, environment: "dev", server: { name: "secret-db" } }) { __typename }
    own: createServer(input: { name: "dev-db", mac: "52:54:00:fd:00:01", environment: "dev" }) { __typename } }`);
  const { server } = await target.data<{ server: { history: { nodes: { revision: string }[] } } }>(
    '{ server(by: { name: "secret-db" }) { history(first: 1) { nodes { revision } } } }',
  );
  const {
    server: { id },
    bastion,
    cluster,
    network,
  } = made;
  const ids = { server: id, bastion: bastion.id, cluster: cluster.id, network: network.id };
  return { headers, ...ids, revision: server.history.nodes[0]!.revision };
}

/** What the answer must not tell, whatever was asked. */
const SECRETS = /secret-team|"prod"|\/prod|:prod:/;
const quiet = (answer: Outcome) => expect(answer.text).not.toMatch(SECRETS);
const problem = '{ __typename ... on UserError { message remedy } ... on Forbidden { permission } }';
const nobodys = (field: string) => (answer: Outcome) => {
  quiet(answer);
  expect(JSON.parse(answer.text!)).toEqual({ data: { [field]: null } });
};
const uplink = (place: string) =>
  `(input: { name: "secret-site", cloud: "default", environment: "${place}", instance: "i", protocol: 2, software: "0", oldest: 0, newest: 0 })`;

export function rows(target: Target): HostileCase[] {
  let own: Promise<Own> | undefined;
  const prepared = () => (own ??= prepare(target));

  /** Asks as who may do anything in `dev`; a typed answer counts as its code. */
  const ask = async (query: string): Promise<Outcome> => {
    const answer = await target.ask(query, { headers: (await prepared()).headers });
    const [, type] = /"answer":\{"__typename":"(\w+)"/.exec(answer.text) ?? [];
    return { ...answer, code: answer.code ?? type };
  };

  /** A query of which the answer is the same, whether it names what is hidden or what is not there. */
  const alike = (
    name: string,
    code: string | undefined,
    query: (id: string) => string,
    hidden: Hidden,
  ): HostileCase => ({
    name,
    code,
    attack: async () => ask(query((await prepared())[hidden])),
    also: async (answer) => {
      quiet(answer);
      const id = (await prepared())[hidden];
      const nobody = `${id.split(':')[0]}:${randomUUID()}`;
      const other = await ask(query(nobody));
      expect(answer.text!.replaceAll(id, 'ID')).toBe(other.text!.replaceAll(nobody, 'ID'));
    },
  });

  return [
    alike(
      'A filter by the id of a hidden server',
      undefined,
      (id) => `{ vms(filter: { server: { eq: "${id}" } }) { totalCount nodes { name } } }`,
      'server',
    ),
    alike(
      'A filter by a list with the id of a hidden server',
      undefined,
      (id) => `{ vms(filter: { server: { in: ["${id}"] } }) { totalCount nodes { name } } }`,
      'server',
    ),
    alike(
      'A filter by any server but a hidden one',
      undefined,
      (id) => `{ vms(filter: { server: { ne: "${id}" } }) { totalCount nodes { name } } }`,
      'server',
    ),
    alike(
      'A filter by what is not on a hidden server',
      undefined,
      (id) => `{ vms(filter: { not: { server: { eq: "${id}" } } }) { totalCount nodes { name } } }`,
      'server',
    ),
    alike(
      'A filter by the id of a hidden server, below a hidden bastion’s',
      undefined,
      (id) =>
        `{ servers(filter: { or: [{ bastion: { eq: "${id}" } }] }) { totalCount nodes { name vms(filter: { server: { eq: "Server:${randomUUID()}" } }) { totalCount } } } }`,
      'bastion',
    ),
    alike(
      'A filter of NICs by a hidden network',
      undefined,
      (id) => `{ nics(filter: { network: { eq: "${id}" } }) { totalCount } }`,
      'network',
    ),
    alike(
      'A filter of members by a hidden cluster',
      undefined,
      (id) => `{ members(filter: { cluster: { eq: "${id}" } }) { totalCount } }`,
      'cluster',
    ),
    alike(
      'The history of a hidden server by its id',
      undefined,
      (id) => `{ server(by: { id: "${id}" }) { history { nodes { actor } } } }`,
      'server',
    ),
    alike('A node that is a hidden server', undefined, (id) => `{ node(id: "${id}") { id } }`, 'server'),
    alike(
      'Batches of a hidden bastion',
      'Forbidden',
      (id) => `mutation { answer: pushUplink(input: { bastion: "${id}", epoch: 1, items: [] }) ${problem} }`,
      'bastion',
    ),
    alike(
      'Files of a hidden bastion told',
      'Forbidden',
      (id) => `mutation { answer: tellBastionFiles(input: { bastion: "${id}", epoch: 1, files: [] }) ${problem} }`,
      'bastion',
    ),
    alike(
      'Leases of a hidden bastion told',
      'Forbidden',
      (id) => `mutation { answer: tellBastionLeases(input: { bastion: "${id}", epoch: 1, leases: [] }) ${problem} }`,
      'bastion',
    ),
    alike(
      'An order of a hidden bastion acknowledged',
      'Forbidden',
      (id) =>
        `mutation { answer: acknowledgeOrder(input: { bastion: "${id}", epoch: 1, order: "${randomUUID()}", outcome: DONE }) ${problem} }`,
      'bastion',
    ),
    alike(
      'A change of a hidden server',
      'NotFound',
      (id) => `mutation { answer: updateServer(by: { id: "${id}" }, input: { maintenance: true }) ${problem} }`,
      'server',
    ),
    alike(
      'The deletion of a hidden bastion',
      'NotFound',
      (id) => `mutation { answer: deleteBastion(by: { id: "${id}" }) ${problem} }`,
      'bastion',
    ),
    alike(
      'A member for a hidden cluster',
      'InvalidInput',
      (id) =>
        `mutation { answer: createClusterMember(input: { cluster: { id: "${id}" }, server: { name: "dev-db" }, role: WORKER }) ${problem} }`,
      'cluster',
    ),
    alike(
      'A virtual machine for a hidden server',
      'InvalidInput',
      (id) =>
        `mutation { answer: createVm(input: { name: "new", vcpus: 1, memoryGb: 1, environment: "dev", server: { id: "${id}" } }) ${problem} }`,
      'server',
    ),
    {
      name: 'A hidden server by its MAC',
      code: undefined,
      attack: () => ask(`{ server(by: { mac: "${MAC}" }) { name } }`),
      also: nobodys('server'),
    },
    {
      name: 'A hidden bastion by its name',
      code: undefined,
      attack: () => ask('{ bastion(by: { name: "secret-site" }) { id } }'),
      also: nobodys('bastion'),
    },
    {
      name: 'The deletion of a hidden server by its MAC',
      code: 'NotFound',
      attack: () => ask(`mutation { answer: deleteServer(by: { mac: "${MAC}" }) ${problem} }`),
      also: quiet,
    },
    {
      name: 'A hidden change undone',
      code: 'NotFound',
      attack: async () =>
        ask(`mutation { answer: undoChange(revision: "${(await prepared()).revision}", dryRun: true) ${problem} }`),
      also: quiet,
    },
    {
      name: 'An uplink under the name of a hidden bastion',
      code: 'Forbidden',
      attack: () => ask(`mutation { answer: openUplink${uplink('dev')} ${problem} }`),
      also: (answer) => {
        quiet(answer);
        expect(answer.text).toContain('uplink:*:*:*');
      },
    },
    {
      name: 'A server with the MAC of a hidden one elsewhere',
      code: 'Server',
      attack: async (n) => {
        await target.data(
          `mutation { createServer(input: { name: "secret-${n}", mac: "${mac(n)}", environment: "prod" }) { __typename } }`,
        );
        return ask(
          `mutation { answer: createServer(input: { name: "dev-${n}", mac: "${mac(n)}", environment: "dev" }) { __typename ... on Server { name conditions { message } } ... on UserError { message } } }`,
        );
      },
      also: (answer) => {
        quiet(answer);
        expect(answer.text).toContain('"conditions":[]');
      },
    },
    {
      name: 'A name that a hidden server has',
      code: 'Conflict',
      attack: () =>
        ask(
          `mutation { answer: createServer(input: { name: "secret-db", mac: "52:54:00:fd:00:02", environment: "dev" }) ${problem} }`,
        ),
      also: quiet,
    },
    {
      name: 'A manifest with the name of a hidden cluster',
      code: 'ManifestProblems',
      attack: () =>
        ask(
          'mutation { answer: applyManifests(input: { manifests: [{ apiVersion: "lab/v1", kind: "Cluster", metadata: { name: "secret-cluster", environment: "dev" } }] }) { __typename ... on ManifestProblems { problems { message remedy } } } }',
        ),
      also: quiet,
    },
    {
      name: 'Events by what a hidden bastion is called',
      code: undefined,
      attack: () => ask('{ events(filter: { actor: { startsWith: "bastion/secret" } }) { totalCount } }'),
      also: (answer) => expect(JSON.parse(answer.text!)).toEqual({ data: { events: { totalCount: 0 } } }),
    },
  ];
}
