// What a disc for a server takes of what the server's installs are told.
import { expect, test } from 'vitest';
import { installValues } from '../../../cli/bastion/installValues.ts';

const server = (install: object, ...clusters: (readonly [name: string, install: object] | null)[]) =>
  ({
    ...{ id: 'Server:1', name: 'db', bootMac: '02:00:00:00:00:01', install },
    memberships: { nodes: clusters.map((one) => ({ cluster: one && { name: one[0], install: one[1] } })) },
  }) as never;

test('its own values go before those of its clusters, and of these the last by name', () => {
  const clusters = [
    ['z', { gateway: '10.0.0.2', dns: '10.0.0.53', vlan: null }],
    ['a', { gateway: '10.0.0.1', vlan: 7, address: '10.0.0.8/24' }],
  ] as const;
  expect(installValues(server({ address: '10.0.0.9/24', gateway: null }, ...clusters))).toEqual({
    address: '10.0.0.9/24',
    gateway: '10.0.0.2',
    dns: '10.0.0.53',
    vlan: 7,
  });
});

test('a cluster that one may not read says nothing', () => {
  expect(installValues(server({ dns: '10.0.0.53' }, null))).toEqual({ dns: '10.0.0.53' });
});
