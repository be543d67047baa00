// Every kind that people make, change and delete.
import { bastion } from './bastion.ts';
import { cluster, member } from './cluster.ts';
import { network } from './network.ts';
import type { Inventory } from './objects.ts';
import { server } from './server.ts';
import { vm } from './vm.ts';

export const inventory = {
  Server: server,
  Network: network,
  Cluster: cluster,
  ClusterMember: member,
  Vm: vm,
  Bastion: bastion,
} as const satisfies Record<string, Inventory>;
