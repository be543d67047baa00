// lab config: the contexts, and which of them is current.
import * as Flags from '@oclif/core/flags';
import { Command } from '../command/command.ts';
import { withoutSecret } from '../config/address.ts';
import { configFile, readConfig } from '../config/config.ts';
import { plainTable } from '../print/table.ts';
import { CliError } from '../terminal/errors.ts';
import { contextChanges, contextFlag, contextOf, type Setting, settingArg } from './configChanges.ts';

class List extends Command {
  static override summary = 'List the contexts; * marks the current one.';
  static override examples = ['<%= config.bin %> config list'];

  async run(): Promise<void> {
    await this.parse(List);
    const { contexts, currentContext } = await readConfig(this.terminal);
    if (contexts.length === 0)
      return void this.terminal.err.write(`No contexts in ${configFile(this.terminal.env)}.\n`);
    // Where no context has a place, nobody needs columns for it.
    const placed = contexts.some(({ cloud, environment }) => cloud ?? environment);
    const place = (...cells: readonly (string | undefined)[]) => (placed ? cells.map((cell) => cell ?? '') : []);
    const rows = contexts.map(({ name, url, cloud, environment }) => [
      name === currentContext ? '*' : ' ',
      name,
      withoutSecret(url),
      ...place(cloud, environment),
    ]);
    this.terminal.out.write(plainTable([[' ', 'NAME', 'URL', ...place('CLOUD', 'ENVIRONMENT')], ...rows]));
  }
}

class View extends Command {
  static override summary = 'Print the configuration, without its secrets.';
  static override examples = ['<%= config.bin %> config view', '<%= config.bin %> config view --minify -o json'];
  static override flags = {
    output: Flags.string({ char: 'o', description: 'how to print', options: ['yaml', 'json'], default: 'yaml' }),
    raw: Flags.boolean({ description: 'with tokens as they are' }),
    minify: Flags.boolean({ description: 'the context that counts, and no other' }),
    context: contextFlag,
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(View);
    const config = await readConfig(this.terminal);
    const hidden = (value: string | undefined) => (value === undefined ? {} : { token: 'REDACTED' });
    const shown = flags.minify
      ? [contextOf(config, flags.context ?? this.terminal.env['LAB_CONTEXT'])]
      : config.contexts;
    const contexts = flags.raw
      ? shown
      : shown.map((one) => ({ ...one, url: withoutSecret(one.url), ...hidden(one.token) }));
    const whole = { ...config, ...(flags.minify ? { currentContext: contexts[0]!.name } : {}), contexts };
    const { stringify } = await import('../terminal/yaml.ts');
    this.terminal.out.write(flags.output === 'json' ? `${JSON.stringify(whole, null, 2)}\n` : stringify(whole));
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

class CurrentContext extends Command {
  static override summary = 'Print the name of the current context.';
  static override examples = ['<%= config.bin %> config current-context'];

  async run(): Promise<void> {
    await this.parse(CurrentContext);
    this.terminal.out.write(`${contextOf(await readConfig(this.terminal), undefined).name}\n`);
  }
}

export const configCommands = {
  list: List,
  'get-contexts': List,
  view: View,
  'current-context': CurrentContext,
  get: Get,
  ...contextChanges,
};
