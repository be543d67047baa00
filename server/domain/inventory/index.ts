// Every kind that people make, change and delete.
import { agent } from '../access/agent.ts';
import { roleBinding } from '../access/binding.ts';
import { role } from '../access/role.ts';
import { session } from '../access/session.ts';
import { token } from '../access/token.ts';
import { user } from '../access/user.ts';
import { bastion } from './bastion.ts';
import { cluster, member } from './cluster.ts';
import { network } from './network.ts';
import type { Inventory } from '../objects/objects.ts';
import { profile } from './profile.ts';
import { storedQuery } from './query.ts';
import { secret } from './secret.ts';
import { server } from './server.ts';
import { vm } from './vm.ts';

export const inventory = {
  Server: server,
  Network: network,
  Cluster: cluster,
  ClusterMember: member,
  Vm: vm,
  Bastion: bastion,
  StoredQuery: storedQuery,
  Secret: secret,
  Profile: profile,
  User: user,
  Role: role,
  RoleBinding: roleBinding,
  Token: token,
  Session: session,
  Agent: agent,
} as const satisfies Record<string, Inventory>;
