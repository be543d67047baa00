// All kinds there are. The order of these imports is the order of their types in the printed graph.
import type { KindName } from '../catalog.ts';
import type { Resource } from '../lists/defineResource.ts';
import '../log/history.ts';
import '../fields/sharedFields.ts';
import '../lists/defineResource.ts';
import './enums.ts';
import './serverActions.ts';
import { Bastion } from './bastion.ts';
import { InstallAttempt } from './install.ts';
import { Cluster } from './cluster.ts';
import { ClusterMember } from './member.ts';
import { ServerDisk } from './disk.ts';
import { Vm } from './vm.ts';
import { VmNic } from './vmNic.ts';
import { Lease } from './lease.ts';
import { Network } from './network.ts';
import { ServerNic } from './nic.ts';
import { Server } from './server.ts';
import { Agent } from './agent.ts';
import { StoredQuery } from './query.ts';
import { Secret } from './secret.ts';
import { Profile } from './profile.ts';
import { Session } from './session.ts';
import { Token } from './token.ts';
import { User } from './user.ts';
import { RoleBinding } from './roleBinding.ts';
import { Role } from './role.ts';

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
  Lease,
  StoredQuery,
  Secret,
  Profile,
  User,
  Role,
  RoleBinding,
  Token,
  Session,
  Agent,
};
