// A server that is powered from afar, with the bastion that holds it: what is ordered, taken and answered.
import type { Scope } from '../../../server/domain/access/caller.ts';
import { revealing } from '../../../server/domain/fleet/installs/reveal.ts';
import { openGraph } from '../../support/graph.ts';
import { pendingOrders } from '../../support/pendingOrders.ts';
import { SECRET_KEY } from '../../support/secrets.ts';

export const MAC = '52:54:00:00:00:01';
export const bmc = { type: 'redfish', address: '10.0.0.7', user: 'root', password: 'bmc' };
export const origin = { actor: 'bastion/north', action: 'test', requestId: '', address: '' };
const own = { cloud: 'default', environment: 'default', software: '0', oldest: 0, newest: 0 };

/** A server that bastion north holds, which is connected unless another version is said. */
export async function lab({ protocol = 5, said = bmc }: { protocol?: number | null; said?: object } = {}) {
  const graph = await openGraph({ calm: true, key: SECRET_KEY });
  const { prisma } = graph.db;
  const north = await prisma.bastion.create({ data: { name: 'north' } });
  const server = await prisma.server.create({
    data: { name: 'db', bootMac: MAC, status: 'INSTALLED', firmware: 'UEFI', bastionId: north.id },
  });
  await graph.data('mutation { createSecret(input: { name: "bmc", value: "geheim" }) { __typename } }');
  await graph.data(
    'mutation Say($bmc: JSON) { updateServer(by: { name: "db" }, input: { bmc: $bmc }) { __typename } }',
    {
      variables: { bmc: said },
    },
  );
  const open = async (name = 'north', version = protocol) =>
    (
      await graph.fleet.open(origin, {
        ...own,
        name,
        protocol: version!,
        instance: '00000000-0000-4000-8000-000000000001',
      })
    ).epoch;
  const epoch = protocol === null ? 0 : await open();
  const fields = 'power { action outcome state since message }';
  const power = async (action: string, scope?: Scope) =>
    (
      await graph.data(
        `mutation { it: powerServer(by: { name: "db" }, action: ${action}) { __typename ... on Server { ${fields} } ... on UserError { message remedy } } }`,
        scope && { scope },
      )
    ).it;
  const kept = async () => (await graph.data(`{ server(by: { name: "db" }) { ${fields} } }`)).server.power;
  const pending = (now?: number) => pendingOrders(prisma, [north.id], revealing(graph.secrets, graph.db.logger), now);
  const answer = (order: string, outcome: 'TAKEN' | 'DONE' | 'FAILED', more: object = {}, session = epoch) =>
    graph.fleet.acknowledge(origin, { bastion: north.id, epoch: session, order, outcome, ...more });
  return { ...graph, prisma, north, server, open, power, kept, pending, answer };
}
