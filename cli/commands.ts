// Every command, by its id: its words with colons between, as oclif has it. Each is loaded when it is run.
import { kinds } from '../schema/catalog.ts';
import type { CommandClass } from './command/command.ts';

type Load = () => Promise<CommandClass>;

const creates = kinds.filter(({ verbs }) => verbs.includes('create')).map(({ field }) => field);
const auth = ['whoami', 'can-i', 'bind', 'unbind', 'passwd', 'revoke'] as const;
const bastion = ['start', 'status', 'stop'] as const;
const bastionFiles = ['list', 'fetch', 'add', 'build', 'prune'] as const;
const config = [
  ...['list', 'get-contexts', 'view', 'current-context', 'get', 'set'],
  ...['set-context', 'use-context', 'rename-context', 'delete-context'],
] as const;

const lifecycleVerbs = [
  'provision',
  'reprovision',
  'cancel',
  'abort',
  'adopt',
  'retire',
  'rescue',
  'move',
  'restore',
  'reset',
  'forget',
] as const;

/** Commands whose first word is `topic`, from the one file that has them all. */
const commandsUnder = (topic: string, names: readonly string[], load: () => Promise<Record<string, CommandClass>>) =>
  Object.fromEntries(names.map((name): [string, Load] => [`${topic}:${name}`, async () => (await load())[name]!]));

const lifecycleCommand = (verb: (typeof lifecycleVerbs)[number]): [string, Load] => [
  verb,
  async () => (await import('./commands/lifecycle.ts')).lifecycleCommands[verb],
];

export const COMMANDS: Record<string, Load> = {
  get: async () => (await import('./commands/get.ts')).default,
  describe: async () => (await import('./commands/describe.ts')).default,
  ...commandsUnder('create', creates, async () => (await import('./commands/create.ts')).createCommands),
  'create:token': async () => (await import('./commands/create-token.ts')).CreateToken,
  'get:audit': async () => (await import('./commands/audit.ts')).GetAudit,
  'get:events': async () => (await import('./commands/events.ts')).GetEvents,
  history: async () => (await import('./commands/history.ts')).default,
  undo: async () => (await import('./commands/undo.ts')).default,
  'audit:verify': async () => (await import('./commands/audit.ts')).AuditVerify,
  apply: async () => (await import('./commands/apply.ts')).default,
  diff: async () => (await import('./commands/diff.ts')).default,
  edit: async () => (await import('./commands/edit.ts')).default,
  label: async () => (await import('./commands/label.ts')).default,
  rename: async () => (await import('./commands/rename.ts')).default,
  delete: async () => (await import('./commands/delete.ts')).default,
  ...Object.fromEntries(lifecycleVerbs.map(lifecycleCommand)),
  power: async () => (await import('./commands/power.ts')).default,
  logs: async () => (await import('./commands/logs.ts')).default,
  wait: async () => (await import('./commands/wait.ts')).default,
  why: async () => (await import('./commands/why.ts')).default,
  login: async () => (await import('./commands/login.ts')).Login,
  logout: async () => (await import('./commands/login.ts')).Logout,
  explain: async () => (await import('./commands/explain.ts')).default,
  ...commandsUnder('auth', auth, async () => (await import('./commands/auth.ts')).authCommands),
  api: async () => (await import('./commands/api.ts')).default,
  'api-resources': async () => (await import('./commands/api-resources.ts')).default,
  ...commandsUnder('config', config, async () => (await import('./commands/config.ts')).configCommands),
  'plugin:list': async () => (await import('./commands/plugin.ts')).pluginListCommand(Object.keys(COMMANDS)),
  completion: async () => (await import('./commands/completion.ts')).Completion,
  __complete: async () => (await import('./commands/completion.ts')).Complete,
  ...commandsUnder('bastion', bastion, async () => (await import('./commands/bastion.ts')).bastionCommands),
  'bastion:machines': async () => (await import('./commands/bastion-machines.ts')).default,
  'bastion:iso': async () => (await import('./commands/bastion-iso.ts')).default,
  ...commandsUnder(
    'bastion:files',
    bastionFiles,
    async () => (await import('./commands/bastion-files.ts')).bastionFilesCommands,
  ),
  doctor: async () => (await import('./commands/doctor.ts')).default,
  'query:save': async () => (await import('./commands/query.ts')).QuerySave,
  'query:run': async () => (await import('./commands/query.ts')).QueryRun,
  simulate: async () => (await import('./commands/simulate.ts')).default,
  top: async () => (await import('./commands/top.ts')).default,
  version: async () => (await import('./commands/version.ts')).default,
};
