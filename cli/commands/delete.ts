// lab delete: deletes objects.
import * as Flags from '@oclif/core/flags';
import { LabCommand } from '../command/command.ts';
import { keptTo } from '../objects/filters.ts';
import { choose, chooseIn, type Chosen, manyFlags, rowsOf } from '../objects/targets.ts';
import { confirmEach, showConsequences } from '../objects/confirm.ts';
import { CliError } from '../terminal/errors.ts';
import type { Client } from '../labd/client.ts';
import { objectOf } from '../kinds/problems.ts';
import { harmless } from '../terminal/text.ts';

const shape = { wide: false, full: false };

export default class Delete extends LabCommand {
  static override summary = 'Delete objects.';
  static override description =
    'On a terminal it shows what hangs on each object, and asks for its name. Deleting a server is forgetting it: its bastion is told, and seen again after that it is a new server.';
  static override usage =
    'delete KIND NAME… | delete KIND/NAME… | delete KIND -l SELECTOR|--all | delete -f FILE [flags]';
  static override strict = false;
  static override completes = 'objects' as const;
  static override examples = [
    '<%= config.bin %> delete network lab',
    '<%= config.bin %> delete server/m-38052533e2e4 --yes',
    '<%= config.bin %> delete vms -l rack=a1 --yes',
    '<%= config.bin %> delete token ci --dry-run',
    '<%= config.bin %> delete -f site/ --ignore-not-found --yes',
  ];
  static override flags = {
    yes: Flags.boolean({ char: 'y', description: 'do not ask' }),
    'dry-run': Flags.boolean({ description: 'delete nothing: show what hangs on each, or why it is refused' }),
    ...manyFlags,
    filename: Flags.string({
      char: 'f',
      multiple: true,
      description: 'what the manifests name in this file, folder, or - for standard input',
      exclusive: ['all', 'selector'],
    }),
    recursive: Flags.boolean({ char: 'R', description: 'also the folders in a folder', dependsOn: ['filename'] }),
    'ignore-not-found': Flags.boolean({ description: 'leave out what is not there, instead of failing' }),
  };

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(Delete);
    const { filename: files } = flags;
    if (files && argv.length > 0) throw new CliError('usage', 'Names do not go with -f.', 'Give one or the other.');
    const chosen = files
      ? await chooseIn(files, flags.recursive === true, this.terminal.in)
      : choose(argv as string[], flags, 'delete');
    for (const { view } of chosen)
      if (!view.documents.remove)
        throw new CliError('usage', `${view.kind.plural} cannot be deleted.`, (lab) => `See: ${lab} api-resources`);
    const client = await this.client(flags);
    const targets = await rowsOf(client, chosen, { shape, many: flags, ignoring: flags['ignore-not-found'] });
    if (targets.length === 0) this.terminal.err.write(`There is nothing to delete${keptTo(flags, client.target)}.\n`);
    if (!flags.yes && !flags['dry-run'] && targets.length > 0) await confirmEach(client, 'delete', targets);
    for (const one of targets) await (flags['dry-run'] ? this.tryRemove(client, one) : this.remove(client, one));
  }

  /** labd does all of it but keep it: what would be refused is refused now. */
  private async tryRemove(client: Client, one: Chosen): Promise<void> {
    const { view, row } = one;
    const { result } = await client.run(view.documents.remove!, { by: { id: row.id }, dryRun: true } as never);
    const { name } = objectOf(result);
    await showConsequences(client, one);
    this.terminal.out.write(`${view.kind.field}/${harmless(name)} deleted (dry run)\n`);
  }

  private async remove(client: Client, { view, row }: Chosen): Promise<void> {
    const { result } = await client.run(view.documents.remove!, { by: { id: row.id } } as never);
    const { name } = objectOf(result);
    this.terminal.out.write(`${view.kind.field}/${harmless(name)} deleted\n`);
    const more = view.deleted?.(result);
    if (more) this.terminal.err.write(`${harmless(more)}\n`);
  }
}
