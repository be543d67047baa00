// lab diff: what lab apply would change.
import { LabCommand } from '../command/command.ts';
import { CliError, exits } from '../terminal/errors.ts';
import { applyFiles, sourceFlags } from '../manifests/apply.ts';
import { harmless, painter } from '../terminal/text.ts';

export default class Diff extends LabCommand {
  static override summary = 'Show what applying files would change.';
  static override description =
    'Exits 0 when nothing is different, 1 when something is, and more than 1 when it could not be found out.';
  static override examples = [
    '<%= config.bin %> diff -f lab.yaml',
    '<%= config.bin %> diff -f site/ --set site --prune',
  ];
  static override flags = sourceFlags;

  async run(): Promise<number> {
    const { flags } = await this.parse(Diff);
    const client = await this.client(flags);
    const outcomes = await applyFiles(client, flags, { dryRun: true }).catch(otherThanDifferent);
    const { differenceLines } = await import('../manifests/difference.ts');
    const paint = painter(this.terminal.out, this.terminal.env);
    const lines = outcomes.flatMap(differenceLines);
    this.terminal.out.write(lines.map(({ text, style }) => `${paint(harmless(text), style)}\n`).join(''));
    return lines.length > 0 ? exits.failed : exits.done;
  }
}

/** 1 says that something is different: what failed is told apart from it. */
function otherThanDifferent(error: unknown): never {
  if (error instanceof CliError && error.exit === exits.failed) throw new CliError('usage', error.message, error.hint);
  throw error;
}
