// lab get events: what happens to objects that one may read.
import * as Flags from '@oclif/core/flags';
import { auditFilter, auditFlags } from '../log/audit.ts';
import { LabCommand } from '../command/command.ts';
import { everywhereFlag, keptTo } from '../objects/filters.ts';
import { integer } from '../command/flags.ts';
import { EventsDocument, WatchEventsDocument } from '../generated/documents.ts';
import { type Change, eventColumns } from '../log/history.ts';
import { followLog, latestEntries, logOutputs } from '../log/entries.ts';

const outputs = logOutputs(eventColumns);
const { outcome: _outcome, ...filters } = auditFlags;

export class GetEvents extends LabCommand {
  static override summary = 'Show what happened to objects that you may read.';
  static override description =
    'The latest events, the oldest of them first. json prints a line for each, yaml a document.';
  static override usage = 'get events [flags]';
  static override examples = [
    '<%= config.bin %> get events --since 2h',
    '<%= config.bin %> get events --kind server --name web-1 -o json',
    '<%= config.bin %> get events -w',
  ];
  static override flags = {
    output: Flags.string({ char: 'o', description: 'how to print', options: Object.keys(outputs), default: 'table' }),
    watch: Flags.boolean({ char: 'w', description: 'go on and print what comes' }),
    ...filters,
    ...everywhereFlag,
    headers: Flags.boolean({ description: 'print the line of headers', default: true, allowNo: true }),
    limit: integer({ description: 'at most so many of the latest; 0 for all', min: 0, default: 100 }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(GetEvents);
    const client = await this.client(flags);
    const { 'all-places': everywhere, ...chosen } = flags;
    const place = everywhere ? {} : client.target.place;
    const filter =
      auditFilter(
        { ...chosen, cloud: flags.cloud ?? place?.cloud, environment: flags.environment ?? place?.environment },
        this.terminal,
      ) ?? null;
    const print = await outputs[flags.output]!(flags.headers, this.terminal);
    const { entries, at } = await latestEntries<Change>(
      (own) => client.run(EventsDocument, { ...own, filter }),
      flags.limit || Infinity,
    );
    print(entries);
    if (flags.watch)
      return followLog<{ entry: Change }>(client.target, {
        document: WatchEventsDocument.toString(),
        variables: { filter },
        after: at,
        entry: (data) => data.entry,
        print,
      });
    if (entries.length === 0) this.terminal.err.write(`No events found${keptTo(flags, client.target)}.\n`);
  }
}
