// lab history: what happened to an object, and who set what of it last.
import * as Flags from '@oclif/core/flags';
import { LabCommand } from '../command/command.ts';
import { integer } from '../command/flags.ts';
import { CliError } from '../terminal/errors.ts';
import { EventsDocument, HistoryDocument } from '../generated/documents.ts';
import { blame, blameColumns, type Change, historyColumns } from '../log/history.ts';
import type { Column, KindView, Row } from '../kinds/kind.ts';
import type { Client } from '../labd/client.ts';
import { findOne, NotFound } from '../objects/lists.ts';
import { latestEntries, logOutputs } from '../log/entries.ts';
import { tableLines } from '../print/table.ts';
import { BY_NAME_OR_PLACE, selections } from '../objects/references.ts';

const outputs = logOutputs(historyColumns);

export default class History extends LabCommand {
  static override summary = 'Show what happened to an object: who changed what, and when.';
  static override description =
    'The latest changes, the oldest of them first. json prints a line for each, yaml a document. What has been deleted is found by the name it had last.';
  static override usage = 'history KIND NAME | history KIND/NAME [flags]';
  static override strict = false;
  static override completes = 'objects' as const;
  static override examples = [
    '<%= config.bin %> history server labmaster',
    '<%= config.bin %> history network/lab --blame',
    '<%= config.bin %> history server labmaster -o json',
  ];
  static override flags = {
    output: Flags.string({ char: 'o', description: 'how to print', options: Object.keys(outputs), default: 'table' }),
    blame: Flags.boolean({ description: 'show for each field who set it last' }),
    headers: Flags.boolean({ description: 'print the line of headers', default: true, allowNo: true }),
    limit: integer({ description: 'at most so many of the latest; 0 for all', min: 0, default: 100 }),
  };

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(History);
    const [chosen, ...others] = selections(argv as string[], 'show the history of');
    const [name, ...more] = chosen!.names;
    if (name === undefined || others.length + more.length > 0)
      throw new CliError('usage', 'Say of which object, and of one.', (lab) => `Such as: ${lab} history server NAME`);
    const client = await this.client(flags);
    const limit = flags.blame ? Infinity : flags.limit || Infinity;
    const entries = await changesOf(client, chosen!.view, name, limit);
    if (!flags.blame) return (await outputs[flags.output]!(flags.headers, this.terminal))(entries);
    const blamed = blame(entries);
    if (flags.output === 'json') this.terminal.out.write(blamed.map((one) => `${JSON.stringify(one)}\n`).join(''));
    else if (flags.output === 'yaml') this.terminal.out.write((await import('../terminal/yaml.ts')).stringify(blamed));
    else {
      const columns = blameColumns as unknown as readonly Column<Row>[];
      this.terminal.out.write(`${tableLines(this.terminal, columns, blamed, { headers: flags.headers }).join('\n')}\n`);
    }
  }
}

/** An object's changes, the oldest first; of one that is gone, those under the name it had. */
async function changesOf(client: Client, view: KindView, name: string, limit: number): Promise<Change[]> {
  const shape = { wide: false, full: false };
  const missing = new NotFound(view, name);
  const found = await findOne(
    (by) => client.run(view.documents.get, { by, ...shape } as never),
    view,
    name,
    BY_NAME_OR_PLACE,
  ).catch((error: unknown) => {
    if (error instanceof NotFound) return undefined;
    throw error;
  });
  if (found) {
    const { entries } = await latestEntries<Change>(async (own) => {
      const { node } = await client.run(HistoryDocument, { id: found.id, ...own });
      if (!node || !('history' in node)) throw missing;
      return { page: node.history };
    }, limit);
    return entries;
  }
  const filter = { kind: { eq: view.kind.type }, name: { eq: name } };
  const { entries } = await latestEntries<Change>((own) => client.run(EventsDocument, { ...own, filter }), limit);
  if (entries.length === 0) throw missing;
  return entries;
}
