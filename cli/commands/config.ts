// lab config: the contexts, and which of them is current.
import { readFile } from 'node:fs/promises';
import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { Command } from '../command/command.ts';
import { type Config, configFile, type Context, readConfig, writeConfig } from '../config/config.ts';
import { CliError } from '../terminal/errors.ts';
import { programName } from '../terminal/programName.ts';
import { pad, widthOf } from '../terminal/width.ts';

const settable = ['url', 'token'] as const;
type Setting = (typeof settable)[number];

function contextOf(config: Config, name: string | undefined): Context {
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

function checkUrl(url: string): string {
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return url;
  throw new CliError(
    'usage',
    `"${url}" is not the address of a labd.`,
    'Write one such as http://127.0.0.1:4000/graphql.',
  );
}

const settingArg = Args.string({ description: 'url or token', required: true, options: [...settable] });
const contextFlag = Flags.string({ description: 'of this context, not the current one' });

class List extends Command {
  static override summary = 'List the contexts; * marks the current one.';
  static override examples = ['<%= config.bin %> config list'];

  async run(): Promise<void> {
    await this.parse(List);
    const { contexts, currentContext } = await readConfig(this.terminal);
    if (contexts.length === 0)
      return void this.terminal.err.write(`No contexts in ${configFile(this.terminal.env)}.\n`);
    const width = Math.max(4, ...contexts.map(({ name }) => widthOf(name)));
    const lines = contexts.map(
      ({ name, url }) => `${name === currentContext ? '*' : ' '}   ${pad(name, width)}   ${url}`,
    );
    this.terminal.out.write(`${[`    ${'NAME'.padEnd(width)}   URL`, ...lines].join('\n')}\n`);
  }
}

class Get extends Command {
  static override summary = "Print a setting of a context's.";
  static override examples = ['<%= config.bin %> config get url'];
  static override args = { setting: settingArg };
  static override flags = { context: contextFlag };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Get);
    const value = contextOf(await readConfig(this.terminal), flags.context)[args.setting as Setting];
    if (value === undefined) throw new CliError('notFound', `The context has no ${args.setting}.`);
    this.terminal.out.write(`${value}\n`);
  }
}

class Set extends Command {
  static override summary = "Change a setting of a context's.";
  static override examples = ['<%= config.bin %> config set url http://10.0.0.5:4000/graphql'];
  static override args = {
    setting: settingArg,
    value: Args.string({ description: 'what to set it to', required: true }),
  };
  static override flags = { context: contextFlag };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Set);
    const config = await readConfig(this.terminal);
    const context = contextOf(config, flags.context);
    context[args.setting as Setting] = args.setting === 'url' ? checkUrl(args.value) : args.value;
    await writeConfig(config, this.terminal);
    this.terminal.out.write(`context/${context.name} changed\n`);
  }
}

/** Read from a file, since what is on the command line can be seen by everyone on the machine. */
async function tokenIn(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new CliError('failed', `The token file ${file} cannot be read: ${error.message}`);
  });
  return text.trim();
}

class SetContext extends Command {
  static override summary = 'Make or change a context; the first one becomes current.';
  static override examples = ['<%= config.bin %> config set-context rack --url http://10.0.0.5:4000/graphql'];
  static override args = { name: Args.string({ description: 'name of the context', required: true }) };
  static override flags = {
    url: Flags.string({ description: 'URL of labd', required: true }),
    token: Flags.string({ description: 'token to sign in with', exclusive: ['token-file'] }),
    'token-file': Flags.string({ description: 'file with the token to sign in with' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(SetContext);
    const config = await readConfig(this.terminal);
    const token = flags['token-file'] === undefined ? flags.token : await tokenIn(flags['token-file']);
    const made: Context = { name: args.name, url: checkUrl(flags.url), ...(token ? { token } : {}) };
    const at = config.contexts.findIndex(({ name }) => name === made.name);
    if (at < 0) config.contexts.push(made);
    else config.contexts[at] = { ...config.contexts[at], ...made };
    config.currentContext ??= made.name;
    await writeConfig(config, this.terminal);
    this.terminal.out.write(`context/${made.name} ${at < 0 ? 'created' : 'changed'}\n`);
  }
}

class UseContext extends Command {
  static override summary = 'Make a context the current one.';
  static override examples = ['<%= config.bin %> config use-context rack'];
  static override args = { name: Args.string({ description: 'name of the context', required: true }) };

  async run(): Promise<void> {
    const { args } = await this.parse(UseContext);
    const config = await readConfig(this.terminal);
    config.currentContext = contextOf(config, args.name).name;
    await writeConfig(config, this.terminal);
    this.terminal.out.write(`context/${args.name} is current\n`);
  }
}

class CurrentContext extends Command {
  static override summary = 'Print the name of the current context.';
  static override examples = ['<%= config.bin %> config current-context'];

  async run(): Promise<void> {
    await this.parse(CurrentContext);
    this.terminal.out.write(`${contextOf(await readConfig(this.terminal), undefined).name}\n`);
  }
}

class RenameContext extends Command {
  static override summary = 'Give a context another name.';
  static override examples = ['<%= config.bin %> config rename-context rack lab'];
  static override args = {
    from: Args.string({ description: 'its name', required: true }),
    to: Args.string({ description: 'its new name', required: true }),
  };

  async run(): Promise<void> {
    const { args } = await this.parse(RenameContext);
    const config = await readConfig(this.terminal);
    const context = contextOf(config, args.from);
    if (config.contexts.some(({ name }) => name === args.to))
      throw new CliError('failed', `There is a context "${args.to}" already.`, 'Choose another name, or delete that.');
    if (config.currentContext === context.name) config.currentContext = args.to;
    context.name = args.to;
    await writeConfig(config, this.terminal);
    this.terminal.out.write(`context/${args.from} is context/${args.to} now\n`);
  }
}

class DeleteContext extends Command {
  static override summary = 'Forget a context, and the credential in it.';
  static override description = 'A session is not ended by it: lab logout does that.';
  static override examples = ['<%= config.bin %> config delete-context rack'];
  static override args = { name: Args.string({ description: 'name of the context', required: true }) };

  async run(): Promise<void> {
    const { args } = await this.parse(DeleteContext);
    const config = await readConfig(this.terminal);
    const context = contextOf(config, args.name);
    const { currentContext, ...rest } = config;
    const contexts = config.contexts.filter((one) => one !== context);
    const gone = currentContext === context.name;
    await writeConfig(
      { ...rest, ...(gone || currentContext === undefined ? {} : { currentContext }), contexts },
      this.terminal,
    );
    this.terminal.out.write(`context/${args.name} deleted\n`);
    if (gone && contexts.length > 0)
      this.terminal.err.write(
        `No context is current now. Choose one: ${programName(this.terminal)} config use-context NAME\n`,
      );
  }
}

export const configCommands = {
  list: List,
  'get-contexts': List,
  'current-context': CurrentContext,
  'rename-context': RenameContext,
  'delete-context': DeleteContext,
  get: Get,
  set: Set,
  'set-context': SetContext,
  'use-context': UseContext,
};
