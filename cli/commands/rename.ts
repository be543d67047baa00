// lab rename: gives an object another name.
import { LabCommand } from '../command/command.ts';
import { CliError } from '../terminal/errors.ts';
import { findOne } from '../objects/lists.ts';
import { objectOf } from '../kinds/problems.ts';
import { BY_NAME_OR_PLACE, selections } from '../objects/references.ts';
import { harmless } from '../terminal/text.ts';

export default class Rename extends LabCommand {
  static override summary = 'Give an object another name.';
  static override description =
    'Machines are found under a name made of their MAC: this gives them one. Whatever refers to the object goes on doing so; files that are applied find it under its new name alone.';
  static override usage = 'rename KIND NAME NEW | rename KIND/NAME NEW';
  static override strict = false;
  static override completes = 'objects' as const;
  static override examples = [
    '<%= config.bin %> rename server m-38052533e2e4 labmaster',
    '<%= config.bin %> rename network/lab office',
  ];
  static override flags = {};

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(Rename);
    const [name, ...words] = (argv as string[]).toReversed();
    const [chosen, ...others] = selections(words.toReversed(), 'rename');
    const { view, names } = chosen!;
    if (others.length > 0 || names.length !== 1 || name === undefined)
      throw new CliError(
        'usage',
        'Say which object, and its new name.',
        (lab) => `Such as: ${lab} rename server m-38052533e2e4 labmaster`,
      );
    if (!view.documents.rename)
      throw new CliError('usage', `${view.kind.plural} cannot be renamed.`, (lab) => `See: ${lab} api-resources`);
    const client = await this.client(flags);
    const shape = { wide: false, full: false };
    const row = await findOne(
      (by) => client.run(view.documents.get, { by, ...shape } as never),
      view,
      names[0]!,
      BY_NAME_OR_PLACE,
    );
    const { result } = await client.run(view.documents.rename, { by: { id: row.id }, name } as never);
    const { field } = view.kind;
    this.terminal.out.write(`${field}/${harmless(row.name)} is ${field}/${harmless(objectOf(result).name)} now\n`);
  }
}
