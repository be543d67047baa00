// lab diff: what lab apply would change, or in what two objects of a kind differ.
import * as Flags from '@oclif/core/flags';
import { LabCommand } from '../command/command.ts';
import { CliError, exits } from '../terminal/errors.ts';
import type { KindView, Row } from '../kinds/kind.ts';
import type { Client } from '../labd/client.ts';
import { applyFiles, filename, sourceFlags } from '../manifests/apply.ts';
import type { Compared, Line } from '../manifests/difference.ts';
import { findOne } from '../objects/lists.ts';
import { selections } from '../objects/references.ts';
import { harmless, painter } from '../terminal/text.ts';

export default class Diff extends LabCommand {
  static override summary = 'Show what applying files would change, or in what two objects differ.';
  static override description =
    'Exits 0 when nothing is different, 1 when something is, and more than 1 when it could not be found out.';
  static override usage = 'diff -f FILE [flags] | diff KIND/NAME KIND/NAME';
  static override strict = false;
  static override completes = 'objects' as const;
  static override examples = [
    '<%= config.bin %> diff -f lab.yaml',
    '<%= config.bin %> diff -f site/ --set site --prune',
    '<%= config.bin %> diff install/db.1 install/db.2',
  ];
  static override flags = { ...sourceFlags, filename: Flags.string(filename) };

  async run(): Promise<number> {
    const { flags, argv } = await this.parse(Diff);
    const words = argv as string[];
    const { filename: files = [] } = flags;
    if (words.length > 0 === files.length > 0)
      throw new CliError(
        'usage',
        words.length > 0 ? 'Objects and files do not go together.' : 'Say what to compare.',
        (lab) => `Such as: ${lab} diff -f lab.yaml, or ${lab} diff install/db.1 install/db.2`,
      );
    const client = await this.client(flags);
    const { comparedLines, differenceLines } = await import('../manifests/difference.ts');
    let lines: Line[];
    if (words.length > 0) {
      const [one, other] = await compared(client, words);
      lines = comparedLines(one!, other!);
    } else {
      const outcomes = await applyFiles(client, { ...flags, filename: files }, { dryRun: true }).catch(
        otherThanDifferent,
      );
      lines = outcomes.flatMap(differenceLines);
    }
    const paint = painter(this.terminal.out, this.terminal.env);
    this.terminal.out.write(lines.map(({ text, style }) => `${paint(harmless(text), style)}\n`).join(''));
    return lines.length > 0 ? exits.failed : exits.done;
  }
}

/** The two objects that words call, as their manifests say what people decided. Throws usage errors, CliError. */
async function compared(client: Client, words: readonly string[]): Promise<Compared[]> {
  const chosen = selections(words, 'compare');
  const named = chosen.flatMap(({ view, names }) => names.map((name) => ({ view, name })));
  if (named.length !== 2 || chosen.length !== 1)
    throw new CliError('usage', 'Two objects of one kind are compared.', 'Such as: install/db.1 install/db.2');
  const found: Compared[] = [];
  for (const { view, name } of named) found.push(await read(client, view, name));
  return found;
}

async function read(client: Client, view: KindView, name: string): Promise<Compared> {
  const shape = { wide: true, full: true };
  const row: Row = await findOne((by) => client.run(view.documents.get, { by, ...shape } as never), view, name);
  const spec = view.manifest(row).spec as Readonly<Record<string, unknown>>;
  return { called: `${view.kind.field}/${row.name}`, spec };
}

/** 1 says that something is different: what failed is told apart from it. */
function otherThanDifferent(error: unknown): never {
  if (error instanceof CliError && error.exit === exits.failed) throw new CliError('usage', error.message, error.hint);
  throw error;
}
