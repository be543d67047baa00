// Every command, by its id: its words with colons between, as oclif has it.
import type { CommandClass } from './command.ts';
import ApiResources from './commands/api-resources.ts';
import Api from './commands/api.ts';
import { configCommands } from './commands/config.ts';
import { createCommands } from './commands/create.ts';
import Delete from './commands/delete.ts';
import Describe from './commands/describe.ts';
import Get from './commands/get.ts';
import Simulate from './commands/simulate.ts';
import { AuditVerify, GetAudit } from './commands/audit.ts';
import { authCommands } from './commands/auth.ts';
import { CreateToken } from './commands/create-token.ts';
import { Login, Logout } from './commands/login.ts';
import Version from './commands/version.ts';

export const COMMANDS: Record<string, CommandClass> = {
  get: Get,
  describe: Describe,
  ...createCommands,
  'create:token': CreateToken,
  'get:audit': GetAudit,
  'audit:verify': AuditVerify,
  delete: Delete,
  login: Login,
  logout: Logout,
  ...authCommands,
  api: Api,
  'api-resources': ApiResources,
  ...configCommands,
  simulate: Simulate,
  version: Version,
};
