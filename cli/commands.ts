// Every command, by its id. oclif loads this file, never the entry itself.
import type { Command } from '@oclif/core';
import ApiResources from './commands/api-resources.ts';
import Api from './commands/api.ts';
import { configCommands } from './commands/config.ts';
import { createCommands } from './commands/create.ts';
import Delete from './commands/delete.ts';
import Describe from './commands/describe.ts';
import Get from './commands/get.ts';
import Simulate from './commands/simulate.ts';
import Version from './commands/version.ts';

export const COMMANDS: Record<string, Command.Class> = {
  get: Get,
  describe: Describe,
  ...createCommands,
  delete: Delete,
  api: Api,
  'api-resources': ApiResources,
  ...configCommands,
  simulate: Simulate,
  version: Version,
};
