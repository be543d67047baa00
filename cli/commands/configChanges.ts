// What changes the contexts of the configuration.
import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { isDnsLabel } from '../../common/dnsLabel.ts';
import { Command } from '../command/command.ts';
import { addressOf } from '../config/address.ts';
import { changeConfig } from '../config/change.ts';
import { type Config, type Context } from '../config/config.ts';
import { CliError } from '../terminal/errors.ts';
import { programName } from '../terminal/programName.ts';
import { readTextFile } from '../terminal/textFile.ts';

const settable = ['url', 'token', 'cloud', 'environment'] as const;
export type Setting = (typeof settable)[number];

/** The context of that name, or the current one. Throws CliError where there is none. */
export function contextOf(config: Config, name: string | undefined): Context {
  const wanted = name ?? config.currentContext;
  const found = config.contexts.find((context) => context.name === wanted);
  if (found) return found;
  if (wanted === undefined)
    throw new CliError(
      'failed',
      'No context is current.',
      (lab) => `Make one: ${lab} config set-context NAME --url URL`,
    );
  const known = config.contexts.map((context) => context.name).join(', ') || 'none';
  throw new CliError(
    'notFound',
    `There is no context "${wanted}"; there are: ${known}.`,
    (lab) => `Make it: ${lab} config set-context ${wanted} --url URL`,
  );
}

/** A cloud or an environment; undefined, for none, where it is empty. */
function placeOf(text: string, from: string): string | undefined {
  if (text === '' || isDnsLabel(text)) return text || undefined;
  throw new CliError(
    'usage',
    `"${text}" (${from}) is no name of a cloud or an environment.`,
    'Write lower-case letters, digits and dashes, such as prod; nothing at all takes it out of the context.',
  );
}

const checks: Record<Setting, (value: string, from: string) => string | undefined> = {
  url: addressOf,
  token: (value) => value,
  cloud: placeOf,
  environment: placeOf,
};

/** A context with some settings as they are given; what is not given stays. */
function changed(context: Context, given: Partial<Record<Setting, string | undefined>>, from = '--'): Context {
  const made: Record<string, string | undefined> = { ...context };
  for (const setting of settable) {
    const value = given[setting];
    if (value !== undefined) made[setting] = checks[setting](value, `${from}${setting}`);
  }
  return Object.fromEntries(Object.entries(made).filter(([, value]) => value !== undefined)) as unknown as Context;
}

const replaced = ({ contexts, ...rest }: Config, old: Context, made: Context): Config => ({
  ...rest,
  contexts: contexts.map((one) => (one === old ? made : one)),
});

export const settingArg = Args.string({
  description: `${settable.slice(0, -1).join(', ')} or ${settable.at(-1)!}`,
  required: true,
  options: [...settable],
});
export const contextFlag = Flags.string({ description: 'of this context, not the current one' });

class Set extends Command {
  static override summary = "Change a setting of a context's.";
  static override examples = [
    '<%= config.bin %> config set url http://10.0.0.5:4000/graphql',
    '<%= config.bin %> config set environment prod',
  ];
  static override args = {
    setting: settingArg,
    value: Args.string({ description: 'what to set it to', required: true }),
  };
  static override flags = { context: contextFlag };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Set);
    let name = '';
    await changeConfig(this.terminal, (config) => {
      const context = contextOf(config, flags.context);
      ({ name } = context);
      return replaced(config, context, changed(context, { [args.setting]: args.value }, ''));
    });
    this.terminal.out.write(`context/${name} changed\n`);
  }
}

/** Read from a file, since what is on the command line can be seen by everyone on the machine. */
async function tokenIn(file: string): Promise<string> {
  const unreadable = ({ message }: Error) =>
    new CliError('failed', `The token file ${file} cannot be read: ${message}`);
  return (await readTextFile(file, unreadable)).trim();
}

class SetContext extends Command {
  static override summary = 'Make or change a context; the first one becomes current.';
  static override description =
    'The cloud and the environment of a context are where objects are made, and what lists keep to, unless something else is said; -A lists all.';
  static override usage = 'config set-context NAME|--current [flags]';
  static override completes = ['contexts', []] as const;
  static override examples = [
    '<%= config.bin %> config set-context rack --url http://10.0.0.5:4000/graphql',
    '<%= config.bin %> config set-context --current --environment prod',
  ];
  static override args = { name: Args.string({ description: 'name of the context' }) };
  static override flags = {
    current: Flags.boolean({ description: 'the current context' }),
    url: Flags.string({ description: 'URL of labd; a new context needs one' }),
    token: Flags.string({ description: 'token to sign in with', exclusive: ['token-file'] }),
    'token-file': Flags.string({ description: 'file with the token to sign in with' }),
    cloud: Flags.string({ description: 'cloud to work in; empty for any' }),
    environment: Flags.string({ char: 'n', description: 'environment to work in; empty for any' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(SetContext);
    const { name } = args;
    if ((name === undefined) !== (flags.current === true))
      throw new CliError('usage', 'Say which context: its name, or --current.');
    const { url, cloud, environment } = flags;
    const token = flags['token-file'] === undefined ? flags.token : await tokenIn(flags['token-file']);
    let done = '';
    await changeConfig(this.terminal, (config) => {
      const found =
        name === undefined ? contextOf(config, undefined) : config.contexts.find((one) => one.name === name);
      if (!found && url === undefined)
        throw new CliError(
          'usage',
          `There is no context "${name!}" yet: a new one needs --url.`,
          (lab) => `Such as: ${lab} config set-context ${name!} --url http://127.0.0.1:4000/graphql`,
        );
      const made = changed(found ?? { name: name!, url: url! }, { url, token: token || undefined, cloud, environment });
      done = `context/${made.name} ${found ? 'changed' : 'created'}`;
      if (found) return replaced(config, found, made);
      return { ...config, currentContext: config.currentContext ?? made.name, contexts: [...config.contexts, made] };
    });
    this.terminal.out.write(`${done}\n`);
  }
}

class UseContext extends Command {
  static override summary = 'Make a context the current one.';
  static override completes = ['contexts', []] as const;
  static override examples = ['<%= config.bin %> config use-context rack'];
  static override args = { name: Args.string({ description: 'name of the context', required: true }) };

  async run(): Promise<void> {
    const { args } = await this.parse(UseContext);
    await changeConfig(this.terminal, (config) => ({ ...config, currentContext: contextOf(config, args.name).name }));
    this.terminal.out.write(`context/${args.name} is current\n`);
  }
}

class RenameContext extends Command {
  static override summary = 'Give a context another name.';
  static override completes = ['contexts', []] as const;
  static override examples = ['<%= config.bin %> config rename-context rack lab'];
  static override args = {
    from: Args.string({ description: 'its name', required: true }),
    to: Args.string({ description: 'its new name', required: true }),
  };

  async run(): Promise<void> {
    const { args } = await this.parse(RenameContext);
    await changeConfig(this.terminal, (config) => {
      const context = contextOf(config, args.from);
      if (config.contexts.some(({ name }) => name === args.to))
        throw new CliError(
          'failed',
          `There is a context "${args.to}" already.`,
          'Choose another name, or delete that.',
        );
      const renamed = replaced(config, context, { ...context, name: args.to });
      return config.currentContext === context.name ? { ...renamed, currentContext: args.to } : renamed;
    });
    this.terminal.out.write(`context/${args.from} is context/${args.to} now\n`);
  }
}

class DeleteContext extends Command {
  static override summary = 'Forget a context, and the credential in it.';
  static override description = 'A session is not ended by it: lab logout does that.';
  static override completes = ['contexts', []] as const;
  static override examples = ['<%= config.bin %> config delete-context rack'];
  static override args = { name: Args.string({ description: 'name of the context', required: true }) };

  async run(): Promise<void> {
    const { args } = await this.parse(DeleteContext);
    let gone = false;
    const { contexts } = await changeConfig(this.terminal, (config) => {
      const context = contextOf(config, args.name);
      const { currentContext, ...rest } = config;
      gone = currentContext === context.name;
      return {
        ...rest,
        ...(gone || currentContext === undefined ? {} : { currentContext }),
        contexts: config.contexts.filter((one) => one !== context),
      };
    });
    this.terminal.out.write(`context/${args.name} deleted\n`);
    if (gone && contexts.length > 0)
      this.terminal.err.write(
        `No context is current now. Choose one: ${programName(this.terminal)} config use-context NAME\n`,
      );
  }
}

export const contextChanges = {
  'rename-context': RenameContext,
  'delete-context': DeleteContext,
  set: Set,
  'set-context': SetContext,
  'use-context': UseContext,
};
