// All kinds there are.
import type { KindName } from '../catalog.ts';
import type { Resource } from '../lists/defineResource.ts';
import { Agent } from './agent.ts';
import { Bastion } from './bastion.ts';
import { Cluster } from './cluster.ts';
import { ServerDisk } from './disk.ts';
import { InstallAttempt } from './install.ts';
import { ClusterMember } from './member.ts';
import { Network } from './network.ts';
import { ServerNic } from './nic.ts';
import { StoredQuery } from './query.ts';
import { Role } from './role.ts';
import { RoleBinding } from './roleBinding.ts';
import { Server } from './server.ts';
import { Session } from './session.ts';
import { Token } from './token.ts';
import { User } from './user.ts';
import { Vm } from './vm.ts';
import { VmNic } from './vmNic.ts';

export const resources: Readonly<Record<KindName, Resource>> = {
  Server,
  ServerNic,
  ServerDisk,
  InstallAttempt,
  Network,
  Cluster,
  ClusterMember,
  Vm,
  VmNic,
  Bastion,
  StoredQuery,
  User,
  Role,
  RoleBinding,
  Token,
  Session,
  Agent,
};
