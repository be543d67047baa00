// lab api-resources: the kinds there are.
import * as Flags from '@oclif/core/flags';
import { Command } from '../command/command.ts';
import { views } from '../kinds/index.ts';
import { plainTable } from '../print/table.ts';

interface Resource {
  readonly plural: string;
  readonly aliases: readonly string[];
  readonly type: string;
  readonly verbs: readonly string[];
}

/** What is read like a kind, and is a reading of the change log. */
const readings: readonly Resource[] = [
  { plural: 'events', aliases: ['event'], type: 'Change', verbs: ['get', 'watch'] },
  { plural: 'audit', aliases: [], type: 'AuditEntry', verbs: ['get', 'watch'] },
];

export default class ApiResources extends Command {
  static override summary = 'List the kinds, their other names and their verbs.';
  static override examples = [
    '<%= config.bin %> api-resources',
    '<%= config.bin %> api-resources --verb create -o name',
  ];
  static override flags = {
    output: Flags.string({ char: 'o', description: 'how to print', options: ['table', 'name'], default: 'table' }),
    verb: Flags.string({ description: 'only kinds with this verb' }),
    headers: Flags.boolean({ description: 'print the line of headers', default: true, allowNo: true }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(ApiResources);
    const all: readonly Resource[] = [...views.map(({ kind }) => kind), ...readings];
    const some = all.filter(({ verbs }) => flags.verb === undefined || verbs.includes(flags.verb));
    if (flags.output === 'name') {
      this.terminal.out.write(some.map(({ plural }) => `${plural}\n`).join(''));
      return;
    }
    const rows = some.map(({ plural, aliases, type, verbs }) => [plural, aliases.join(','), type, verbs.join(',')]);
    this.terminal.out.write(plainTable([...(flags.headers ? [['NAME', 'ALIASES', 'KIND', 'VERBS']] : []), ...rows]));
  }
}
