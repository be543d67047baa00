// lab delete: deletes objects by name.
import * as Flags from '@oclif/core/flags';
import { LabCommand } from '../command.ts';
import { confirmEach, type Doomed } from '../confirm.ts';
import { CliError } from '../errors.ts';
import type { Client } from '../labd/client.ts';
import { findOne } from '../lists.ts';
import { objectOf } from '../problems.ts';
import { selections } from '../references.ts';
import { self } from '../self.ts';
import { harmless } from '../text.ts';

export default class Delete extends LabCommand {
  static override summary = 'Delete objects by name.';
  static override description =
    'Deleting a server is forgetting it: its bastion is told, and seen again after that it is a new server.';
  static override usage = 'delete KIND NAME… | delete KIND/NAME… [--yes]';
  static override strict = false;
  static override completes = 'objects' as const;
  static override examples = [
    '<%= config.bin %> delete network lab',
    '<%= config.bin %> delete server/m-38052533e2e4 --yes',
  ];
  static override flags = { yes: Flags.boolean({ char: 'y', description: 'do not ask' }) };

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(Delete);
    const chosen = selections(argv as string[], 'delete');
    for (const { view, names } of chosen) {
      if (!view.documents.remove)
        throw new CliError('usage', `${view.kind.plural} cannot be deleted.`, `See: ${self()} api-resources`);
      if (names.length === 0)
        throw new CliError(
          'usage',
          `Say which ${view.kind.field} to delete.`,
          `Such as: ${self()} delete ${view.kind.field} NAME`,
        );
    }
    const client = await this.client(flags);
    // All are looked up before any is deleted: a mistyped name deletes nothing.
    const doomed: Doomed[] = [];
    const shape = { wide: false, full: false };
    for (const { view, names } of chosen) {
      for (const name of names)
        doomed.push({
          view,
          row: await findOne((by) => client.run(view.documents.get, { by, ...shape } as never), view, name),
        });
    }
    if (!flags.yes) await confirmEach(client, 'delete', doomed);
    for (const one of doomed) await this.remove(client, one);
  }

  private async remove(client: Client, { view, row }: Doomed): Promise<void> {
    const { result } = await client.run(view.documents.remove!, { by: { id: row.id } } as never);
    const { name } = objectOf(result);
    process.stdout.write(`${view.kind.field}/${harmless(name)} deleted\n`);
    const more = view.deleted?.(result);
    if (more) process.stderr.write(`${harmless(more)}\n`);
  }
}
