// What people say of how a server is powered: each type takes its own fields, and the password is never among them.
import { expect, test } from 'vitest';
import type { Scope } from '../../../server/domain/access/caller.ts';
import { openGraph } from '../../support/graph.ts';
import { SECRET_KEY } from '../../support/secrets.ts';

type Graph = Awaited<ReturnType<typeof openGraph>>;

const PINNED = 'AB:'.repeat(31) + 'ab';

const said = async (graph: Graph, bmc: unknown, as?: object) =>
  (
    await graph.data(
      `mutation Say($bmc: JSON) { updateServer(by: { name: "a" }, input: { bmc: $bmc }) {
      __typename ... on InvalidInput { field message remedy } ... on Server { bmc } } }`,
      { variables: { bmc }, ...as },
    )
  )['updateServer'];

async function withServer(): Promise<Graph> {
  const graph = await openGraph({ calm: true, key: SECRET_KEY });
  await graph.data('mutation { createServer(input: { name: "a", mac: "52:54:00:00:00:01" }) { __typename } }');
  await graph.data('mutation { createSecret(input: { name: "bmc-a", value: "geheim" }) { __typename } }');
  return graph;
}

const redfish = { type: 'redfish', address: 'bmc-a.example:8443', user: 'root', password: 'bmc-a' };

test('is kept as it was said, without what was not', async () => {
  const graph = await withServer();
  const known = { ...redfish, system: '/redfish/v1/Systems/1', fingerprint: PINNED };
  expect(await said(graph, known)).toEqual({
    __typename: 'Server',
    bmc: { ...known, fingerprint: 'ab'.repeat(32) },
  });
  for (const bmc of [{ ...redfish, type: 'ipmi', address: '[fd00::7]' }, { type: 'wol' }, {}])
    expect(await said(graph, bmc)).toEqual({ __typename: 'Server', bmc });
});

const wrong: [object, string, string][] = [
  [{ address: '10.0.0.7' }, 'type', 'redfish, ipmi, wol'],
  [{ ...redfish, type: 'ssh' }, 'type', 'redfish, ipmi, wol'],
  [{ ...redfish, address: 'https://10.0.0.7' }, 'address', 'without https://'],
  [{ ...redfish, address: '10.0.0.7/redfish' }, 'address', 'without a path'],
  [{ ...redfish, address: '-oProxyCommand=x' }, 'address', 'a host'],
  [{ ...redfish, address: 'a b' }, 'address', 'a host'],
  [{ type: 'redfish', user: 'root', password: 'bmc-a' }, 'address', 'Write it down'],
  [{ ...redfish, password: 'Not A Name' }, 'password', 'lab create secret'],
  [{ ...redfish, password: 'nobodys' }, 'password', 'lab create secret'],
  [{ ...redfish, user: 'a'.repeat(65) }, 'user', '64'],
  [{ ...redfish, type: 'ipmi', user: 'a'.repeat(17) }, 'user', '16'],
  [{ ...redfish, type: 'ipmi', system: '/redfish/v1/Systems/1' }, 'system', 'There are: type, address, user, password'],
  [{ ...redfish, system: 'http://elsewhere.example/redfish' }, 'system', '@odata.id'],
  [{ ...redfish, fingerprint: 'abc' }, 'fingerprint', '64 hexadecimal digits'],
  [{ ...redfish, fingerprint: PINNED, insecure: true }, 'insecure', 'Leave one'],
  [{ ...redfish, insecure: 'yes' }, 'insecure', 'Write it so'],
  [{ type: 'wol', address: '10.0.0.7' }, 'address', 'There are: type.'],
];

test('what stands wrong is named, with how it is written right', async () => {
  const graph = await withServer();
  for (const [bmc, where, remedy] of wrong) {
    const answer = (await said(graph, bmc)) as { field: string; message: string; remedy: string };
    expect(answer, JSON.stringify(bmc)).toMatchObject({
      __typename: 'InvalidInput',
      field: `input.bmc.${where}`,
    });
    expect(`${answer.message} ${answer.remedy}`).toContain(remedy);
  }
});

test('who may not read a secret sends it nowhere, neither by naming it nor by another address beside its name', async () => {
  const graph = await withServer();
  await said(graph, redfish);
  const everywhere = { cloud: '*', environment: '*' };
  const scope: Scope = [
    { action: 'read', ...everywhere, target: 'servers/*' },
    { action: 'apply', ...everywhere, target: 'servers/*' },
  ];
  const refused = { __typename: 'InvalidInput', field: 'input.bmc.password' };
  const address = 'listening.example';
  expect(await said(graph, { ...redfish, address }, { scope })).toMatchObject(refused);
  await graph.data('mutation { updateServer(by: { name: "a" }, input: { bmc: {} }) { __typename } }');
  expect(await said(graph, redfish, { scope })).toMatchObject(refused);
  const here = (name: string) =>
    graph.data(`mutation { createSecret(input: { name: "${name}", environment: "west", value: "x" }) { __typename } }`);
  await here('in-the-west');
  expect(await said(graph, { ...redfish, password: 'in-the-west' })).toMatchObject(refused);
  expect(await said(graph, { type: 'wol' }, { scope })).toMatchObject({ bmc: { type: 'wol' } });
});
