// lab apply: makes objects what files say.
import * as Flags from '@oclif/core/flags';
import { LabCommand } from '../command/command.ts';
import { applyFiles, sourceFlags } from '../manifests/apply.ts';
import { kindWord, type Outcome } from '../manifests/send.ts';
import { harmless } from '../terminal/text.ts';

const called = ({ kind, name }: Outcome): string => `${kindWord(kind)}/${harmless(name)}`;

/** What is printed of the outcomes, by the name that -o takes. */
const outputs: Readonly<Record<string, (outcomes: readonly Outcome[], dryRun: boolean) => string>> = {
  words: (outcomes, dryRun) =>
    outcomes.map((one) => `${called(one)} ${one.outcome.toLowerCase()}${dryRun ? ' (dry run)' : ''}\n`).join(''),
  name: (outcomes) => outcomes.map((one) => `${called(one)}\n`).join(''),
  json: (outcomes) => `${JSON.stringify(outcomes, null, 2)}\n`,
};

export default class Apply extends LabCommand {
  static override summary = 'Make objects what files say, all of them or none.';
  static override description =
    'Makes what is not there, and changes the fields that differ. Fields that a file sets belong to it from then on: one that it sets no more goes back, and one that somebody else set is a conflict until --force takes it.';
  static override examples = [
    '<%= config.bin %> apply -f lab.yaml',
    '<%= config.bin %> apply -f site/ -R --dry-run',
    '<%= config.bin %> apply -f site/ --set site --prune',
    '<%= config.bin %> get networks -o yaml | <%= config.bin %> apply -f -',
  ];
  static override flags = {
    ...sourceFlags,
    'dry-run': Flags.boolean({ description: 'write nothing, and say what would become of each' }),
    output: Flags.string({ char: 'o', description: 'what to print instead of words', options: ['name', 'json'] }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Apply);
    const client = await this.client(flags);
    const dryRun = flags['dry-run'];
    const outcomes = await applyFiles(client, flags, { dryRun });
    this.terminal.out.write(outputs[flags.output ?? 'words']!(outcomes, dryRun));
  }
}
