// lab get audit and lab audit verify: who did what, and whether that record is what was written.
import * as Flags from '@oclif/core/flags';
import { auditColumns, auditFilter, auditFlags, type Entry } from '../log/audit.ts';
import { LabCommand } from '../command/command.ts';
import { integer } from '../command/flags.ts';
import { CliError } from '../terminal/errors.ts';
import { AuditEntriesDocument, VerifyAuditDocument, WatchAuditDocument } from '../generated/documents.ts';
import { followLog, latestEntries, logOutputs } from '../log/entries.ts';
import { harmless } from '../terminal/text.ts';

const outputs = logOutputs(auditColumns);

export class GetAudit extends LabCommand {
  static override summary = 'Show who did what, and what was refused.';
  static override description =
    'The latest entries, the oldest of them first. json prints a line for each, yaml a document. Takes the permission admin.';
  static override usage = 'get audit [flags]';
  static override examples = [
    '<%= config.bin %> get audit --since 2h',
    '<%= config.bin %> get audit --actor ann --outcome refused -o wide',
    '<%= config.bin %> get audit --kind server --name web-1 -o json',
    '<%= config.bin %> get audit -w',
  ];
  static override flags = {
    output: Flags.string({ char: 'o', description: 'how to print', options: Object.keys(outputs), default: 'table' }),
    watch: Flags.boolean({ char: 'w', description: 'go on and print what comes' }),
    ...auditFlags,
    headers: Flags.boolean({ description: 'print the line of headers', default: true, allowNo: true }),
    limit: integer({ description: 'at most so many of the latest; 0 for all', min: 0, default: 100 }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(GetAudit);
    const client = await this.client(flags);
    const filter = auditFilter(flags, this.terminal);
    const wide = !['table', 'name'].includes(flags.output);
    const print = await outputs[flags.output]!(flags.headers, this.terminal);
    const page = (own: object) => client.run(AuditEntriesDocument, { ...own, filter, wide } as never);
    const { entries, at } = await latestEntries<Entry>(page, flags.limit || Infinity);
    print(entries);
    if (!flags.watch) {
      if (entries.length === 0) this.terminal.err.write('No audit entries found.\n');
      return;
    }
    await followLog<{ entry: Entry }>(client.target, {
      document: WatchAuditDocument.toString(),
      variables: { filter, wide },
      after: at,
      entry: (data) => data.entry,
      print,
    });
  }
}

export class AuditVerify extends LabCommand {
  static override summary = 'Tell whether the audit trail is what was written.';
  static override description =
    'Computes its seals anew. Who can write to the database can make all of them anew: note the anchor elsewhere, and give it next time. What is gone is compared with how long labd is set to keep changes. Exits with 1 when something is wrong, also when changes stay unsealed.';
  static override examples = ['<%= config.bin %> audit verify', '<%= config.bin %> audit verify --anchor 1841:5f0c…'];
  static override flags = {
    anchor: Flags.string({ description: 'a seal that was noted earlier, REVISION:HASH' }),
    beginning: Flags.string({
      description: 'a seal up to which changes were trimmed rightly, while labd was set to keep them for less',
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(AuditVerify);
    const client = await this.client(flags);
    const given = { anchor: flags.anchor ?? null, beginning: flags.beginning ?? null };
    let { verifyAudit: found } = await client.run(VerifyAuditDocument, { ...given, from: null });
    const first = found.from;
    let { seals } = found;
    // A long log is verified a part at a time, each within what one operation may take.
    while (found.ok && !found.complete) {
      ({ verifyAudit: found } = await client.run(VerifyAuditDocument, { ...given, from: found.anchor }));
      seals += found.seals;
    }
    if (!found.ok) throw wrong(found.problem, harmless(found.message ?? ''));
    const { upTo, unsealed } = found;
    this.terminal.out.write(`The audit trail is what was written, after ${first} up to ${upTo}: ${seals} seals hold`);
    this.terminal.out.write(
      unsealed > 0 ? `, ${unsealed} ${unsealed === 1 ? 'change is' : 'changes are'} not sealed yet.\n` : '.\n',
    );
    if (found.anchor !== null) this.terminal.out.write(`Anchor to note elsewhere: ${found.anchor}\n`);
    if (found.warnings.length > 0)
      throw new CliError('failed', found.warnings.map(harmless).join('\n'), 'Set the clock, or see what labd logs.');
  }
}

/** Nothing can be said of an anchor that is older than what is kept; anything else is somebody's doing. */
const wrong = (problem: string | null, message: string): CliError =>
  problem === 'ANCHOR_TRIMMED'
    ? new CliError('failed', message, 'Give an anchor that was noted later, or none.')
    : new CliError('failed', `The audit trail was tampered with: ${message}`, 'Compare it with a backup.');
