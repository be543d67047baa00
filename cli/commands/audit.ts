// lab get audit and lab audit verify: who did what, and whether that record is what was written.
import * as Flags from '@oclif/core/flags';
import { auditColumns, auditFilter, auditFlags, type Entry } from '../audit.ts';
import { LabCommand } from '../command.ts';
import { CliError } from '../errors.ts';
import { AuditEntriesDocument, VerifyAuditDocument, WatchAuditDocument } from '../generated/documents.ts';
import type { Client } from '../labd/client.ts';
import type { Column, Row } from '../kinds/kind.ts';
import { tableLines } from '../print/table.ts';
import { harmless } from '../text.ts';

/** Entries that are read at once. */
const PAGE = 200;

const shown = (wide: boolean): readonly Column<Row>[] =>
  auditColumns.filter((column) => wide || !column.wide) as unknown as readonly Column<Row>[];

type Print = (entries: readonly Entry[]) => void;

/** How each output prints entries, the oldest first; called again for those that come later. */
const outputs: Readonly<Record<string, (headers: boolean) => Print | Promise<Print>>> = {
  table: (headers) => table(false, headers),
  wide: (headers) => table(true, headers),
  name: () => (entries) =>
    void process.stdout.write(entries.map(({ kind, name }) => `${harmless(`${kind}/${name}`)}\n`).join('')),
  json: () => (entries) => void process.stdout.write(entries.map((entry) => `${JSON.stringify(entry)}\n`).join('')),
  yaml: async () => {
    const { stringify } = await import('../yaml.ts');
    return (entries) => void process.stdout.write(entries.map((entry) => `---\n${stringify(entry)}`).join(''));
  },
};

function table(wide: boolean, headers: boolean): Print {
  const widths: number[] = [];
  let first = headers;
  return (entries) => {
    if (entries.length === 0) return;
    process.stdout.write(`${tableLines(shown(wide), entries, { headers: first, widths }).join('\n')}\n`);
    first = false;
  };
}

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
    limit: Flags.integer({ description: 'at most so many of the latest; 0 for all', min: 0, default: 100 }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(GetAudit);
    const client = await this.client(flags);
    const filter = auditFilter(flags);
    const wide = !['table', 'name'].includes(flags.output);
    const print = await outputs[flags.output]!(flags.headers);
    const { entries, at } = await this.latest(client, { filter, wide, limit: flags.limit || Infinity });
    print(entries);
    if (!flags.watch) {
      if (entries.length === 0) process.stderr.write('No audit entries found.\n');
      return;
    }
    const { followOn } = await import('../labd/resume.ts');
    await followOn<{ entry: Entry }>(client.target, {
      document: WatchAuditDocument.toString(),
      variables: { filter, wide },
      after: at,
      each({ entry }) {
        print([{ ...entry, id: entry.revision }]);
        return entry.revision;
      },
      cut: (why) => void process.stderr.write(`labd is away (${why}); trying again\n`),
      back: () => undefined,
    });
  }

  /** The latest entries, and the revision that the first page of them was read at: what comes later comes after it. */
  private async latest(
    client: Client,
    { filter, wide, limit }: { filter: object | undefined; wide: boolean; limit: number },
  ): Promise<{ entries: Entry[]; at: string | undefined }> {
    const entries: Entry[] = [];
    let after: string | null = null;
    let at: string | undefined;
    while (entries.length < limit) {
      const first = Math.min(PAGE, limit - entries.length);
      const variables = { first, after, filter, wide } as never;
      const { page } = await client.run(AuditEntriesDocument, variables);
      at ??= page.revision ?? undefined;
      entries.push(...page.nodes.map((node) => ({ ...node, id: node.revision })));
      if (!page.pageInfo.hasNextPage) break;
      after = page.pageInfo.endCursor;
    }
    return { entries: entries.reverse(), at };
  }
}

export class AuditVerify extends LabCommand {
  static override summary = 'Tell whether the audit trail is what was written.';
  static override description =
    'Computes its seals anew. Who can write to the database can make all of them anew: note the anchor elsewhere, and give it next time. Exits with 1 when something is wrong.';
  static override examples = ['<%= config.bin %> audit verify', '<%= config.bin %> audit verify --anchor 1841:5f0c…'];
  static override flags = { anchor: Flags.string({ description: 'a seal that was noted earlier, REVISION:HASH' }) };

  async run(): Promise<void> {
    const { flags } = await this.parse(AuditVerify);
    const client = await this.client(flags);
    const anchor = flags.anchor ?? null;
    let { verifyAudit: found } = await client.run(VerifyAuditDocument, { anchor, from: null });
    const first = found.from;
    let { seals } = found;
    // A long log is verified a part at a time, each within what one operation may take.
    while (found.ok && !found.complete) {
      ({ verifyAudit: found } = await client.run(VerifyAuditDocument, { anchor, from: found.anchor }));
      seals += found.seals;
    }
    if (!found.ok) throw wrong(found.problem, harmless(found.message ?? ''));
    const { upTo, unsealed } = found;
    process.stdout.write(`The audit trail is what was written, after ${first} up to ${upTo}: ${seals} seals hold`);
    process.stdout.write(
      unsealed > 0 ? `, ${unsealed} ${unsealed === 1 ? 'change is' : 'changes are'} not sealed yet.\n` : '.\n',
    );
    if (found.anchor !== null) process.stdout.write(`Anchor to note elsewhere: ${found.anchor}\n`);
  }
}

/** Nothing can be said of an anchor that is older than what is kept; anything else is somebody's doing. */
const wrong = (problem: string | null, message: string): CliError =>
  problem === 'ANCHOR_TRIMMED'
    ? new CliError('failed', message, 'Give an anchor that was noted later, or none.')
    : new CliError('failed', `The audit trail was tampered with: ${message}`, 'Compare it with a backup.');
