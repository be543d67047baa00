// lab create KIND: a command per kind, made from what the kind says of its flags.
import type { Interfaces } from '@oclif/core';
import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { LabCommand } from '../command/command.ts';
import { integer } from '../command/flags.ts';
import { CliError } from '../terminal/errors.ts';
import { views } from '../kinds/index.ts';
import type { CreateFlag, KindView } from '../kinds/kind.ts';
import { objectOf } from '../kinds/problems.ts';
import { askTwice, readSecret, readSecretFile, secretFromEnvironment } from '../terminal/secret.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { constant, harmless } from '../terminal/text.ts';

const nameFlag: CreateFlag = { field: 'name', description: 'name, a DNS label; may be given without --name' };

function labels(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split(',').map((pair) => {
      const [key, value, ...more] = pair.split('=');
      if (!key || value === undefined || more.length > 0)
        throw new CliError('usage', `--labels: "${pair}" is not a label.`, 'Write KEY=VALUE, separated by commas.');
      return [key.trim(), value.trim()];
    }),
  );
}

function decimal(text: string): number {
  const number = Number(text);
  if (text.trim() === '' || !Number.isFinite(number))
    throw new CliError('usage', `"${text}" is not a number.`, 'Write it like 4 or 0.5.');
  return number;
}

type Given = string | number | boolean | string[];

/** What is asked for a field. */
const question = (field: string): string => field.charAt(0).toUpperCase() + field.slice(1);

/** How a flag's value becomes that of the input's field. */
const values: Record<NonNullable<CreateFlag['type']>, (value: Given, terminal: Terminal, field: string) => unknown> = {
  name: (value) => ({ name: value }),
  names: (value) => (value as string[]).map((name) => ({ name })),
  texts: (value) => value,
  secret: (_value, terminal) => readSecret(terminal.in),
  typed: (_value, terminal, field) => askTwice(terminal, question(field)),
  file: (value, terminal, field) => readSecretFile(terminal, String(value), question(field)),
  variable: (value, terminal) => secretFromEnvironment(terminal, String(value)),
  text: (value) => value,
  number: (value) => value,
  decimal: (value) => decimal(String(value)),
  yes: (value) => value,
  constant: (value) => constant(String(value)),
  labels: (value) => labels(String(value)),
};

function flagOf({
  type = 'text',
  description,
  required = false,
  char,
  exclusive = [],
}: CreateFlag): Interfaces.Flag<unknown> {
  const common = { description, required, exclusive: [...exclusive], ...(char ? { char: char as 'l' } : {}) };
  if (['yes', 'secret', 'typed'].includes(type)) return Flags.boolean(common);
  if (type === 'names' || type === 'texts')
    return Flags.string({ ...common, multiple: true }) as Interfaces.Flag<unknown>;
  return (type === 'number' ? integer(common) : Flags.string(common)) as Interfaces.Flag<unknown>;
}

function createCommand(view: KindView) {
  const all: Record<string, CreateFlag> = { name: nameFlag, ...view.create };
  return class extends LabCommand {
    static override summary = `Make a ${view.kind.field}.`;
    static override description = view.kind.about;
    static override aliases = view.kind.aliases
      .concat(view.kind.plural)
      .filter((alias) => alias !== view.kind.field)
      .map((alias) => `create:${alias}`);
    static override examples = [`<%= config.bin %> create ${view.kind.field} ${view.example}`];
    static override args = { name: Args.string({ description: 'name, instead of --name' }) };
    static override flags = Object.fromEntries(Object.entries(all).map(([flag, spec]) => [flag, flagOf(spec)]));

    async run(): Promise<void> {
      const { flags, args } = await this.parse(this.constructor as never);
      const given: Record<string, Given | undefined> = { ...(flags as Record<string, Given>) };
      const positional = (args as { name?: string }).name;
      if (positional && given['name'] && positional !== given['name']) {
        throw new CliError(
          'usage',
          `Two names are given: "${positional}" and --name "${String(given['name'])}".`,
          'Give one.',
        );
      }
      const typed = Object.fromEntries(
        Object.entries(all).flatMap(([flag, { field }]) => (given[flag] === undefined ? [] : [[field, `--${flag}`]])),
      );
      given['name'] ??= positional;
      if (given['name'] === undefined && view.create['mac'] === undefined) {
        throw new CliError(
          'usage',
          `The ${view.kind.field} needs a name.`,
          (lab) => `Such as: ${lab} create ${view.kind.field} ${view.example}`,
        );
      }
      const client = await this.client(flags as never);
      const input: Record<string, unknown> = {};
      for (const [flag, { field, type = 'text' }] of Object.entries(all)) {
        const value = given[flag];
        if (value !== undefined) input[field] = await values[type](value, this.terminal, field);
      }
      for (const { field, type = 'text', anyway } of Object.values(all))
        if (anyway && input[field] === undefined) input[field] = await values[type](true, this.terminal, field);
      // What is made belongs where the context works, unless it is said where.
      for (const { field } of Object.values(all))
        if (field === 'cloud' || field === 'environment') input[field] ??= client.target.place?.[field];
      const { result } = await client.run(view.documents.create!, { input } as never);
      const { name } = objectOf(result, { name: 'NAME', ...typed });
      this.terminal.out.write(`${view.kind.field}/${harmless(name)} created\n`);
    }
  };
}

/** The commands, by kind. */
export const createCommands = Object.fromEntries(
  views.filter(({ documents }) => documents.create).map((view) => [view.kind.field, createCommand(view)]),
);
