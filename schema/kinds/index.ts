// All kinds there are.
import type { KindName } from '../catalog.ts';
import type { Resource } from '../resource.ts';
import { Bastion } from './bastion.ts';
import { Cluster } from './cluster.ts';
import { ServerDisk } from './disk.ts';
import { ClusterMember } from './member.ts';
import { Network } from './network.ts';
import { ServerNic } from './nic.ts';
import { Server } from './server.ts';
import { Vm } from './vm.ts';
import { VmNic } from './vmNic.ts';

export const resources: Readonly<Record<KindName, Resource>> = {
  Server,
  ServerNic,
  ServerDisk,
  Network,
  Cluster,
  ClusterMember,
  Vm,
  VmNic,
  Bastion,
};
