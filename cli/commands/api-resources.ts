// lab api-resources: the kinds there are.
import { Command } from '../command.ts';
import { views } from '../kinds/index.ts';

export default class ApiResources extends Command {
  static override summary = 'List the kinds, their other names and their verbs.';
  static override examples = ['<%= config.bin %> api-resources'];

  async run(): Promise<void> {
    await this.parse(ApiResources);
    const rows = [
      ['NAME', 'ALIASES', 'KIND', 'VERBS'],
      ...views.map(({ kind }) => [kind.plural, kind.aliases.join(','), kind.type, kind.verbs.join(',')]),
    ];
    const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
    process.stdout.write(
      rows
        .map(
          (row) =>
            `${row
              .map((text, i) => text.padEnd(widths[i]!))
              .join('   ')
              .trimEnd()}\n`,
        )
        .join(''),
    );
  }
}
