// Changes that change nothing.
import { expect, test } from 'vitest';
import { openGraph } from '../../support/graph.ts';

/** What is made of each kind, what nulls cannot clear of it, and what it is already. */
const kinds: readonly [kind: string, made: string, nulls: string, same: string][] = [
  [
    'Server',
    'name: "x", mac: "52:54:00:00:00:01", role: WORKER, labels: { b: "1", a: "2" }',
    'name: null, cloud: null, environment: null, labels: null, locked: null, maintenance: null',
    'role: WORKER, labels: { a: "2", b: "1" }, locked: false',
  ],
  [
    'Network',
    'name: "x", cidr: "10.0.0.0/8", gateway: "10.0.0.1"',
    'cidr: null, dhcpEnabled: null',
    'cidr: "10.0.0.0/8", gateway: "10.0.0.1", vlan: null',
  ],
  ['Cluster', 'name: "x"', 'kind: null', 'kind: "k3s", endpoint: null'],
  ['Vm', 'name: "x", vcpus: 1, memoryGb: 1', 'vcpus: null, memoryGb: null, state: null', 'vcpus: 1, server: null'],
  ['Bastion', 'name: "x"', 'name: null', 'name: "x"'],
  ['User', 'name: "x", email: "x@lab.example"', 'password: null, disabled: null', 'email: "x@lab.example"'],
  ['Role', 'name: "x", permissions: ["read:*:*:*"]', 'permissions: null', 'permissions: ["read:*:*:*"]'],
];

test.each(kinds)('of a %s leave its version, and are in no log', async (kind, made, nulls, same) => {
  const { db, data } = await openGraph({ calm: true });
  await data(`mutation { create${kind}(input: { ${made} }) { __typename } }`);
  const before = await db.prisma.change.count();
  const update = async (input: string) => {
    const name = `update${kind}`;
    return (
      await data(
        `mutation { ${name}(by: { name: "x" }, input: { ${input} }) { __typename ... on ${kind} { version } } }`,
      )
    )[name];
  };
  expect(await update(nulls)).toEqual({ __typename: kind, version: 1 });
  expect(await update(same)).toEqual({ __typename: kind, version: 1 });
  expect(await db.prisma.change.count()).toBe(before);
  expect(await update('labels: { changed: "1" }')).toEqual({ __typename: kind, version: 2 });
});
