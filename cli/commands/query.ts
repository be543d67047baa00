// lab query: keeps documents under a name, and runs them.
import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { LabCommand } from '../command/command.ts';
import { CliError, exits } from '../terminal/errors.ts';
import { printEvents } from '../labd/printSubscription.ts';
import {
  CreateStoredQueryDocument,
  DescribeStoredQueryDocument,
  StoredQueryDocument,
  UpdateStoredQueryDocument,
} from '../generated/documents.ts';
import { query as view } from '../kinds/query.ts';
import { type Answer, type Asked, failed, send } from '../labd/http.ts';
import { findOne } from '../objects/lists.ts';
import { chooseOperation, operationsIn } from '../documents/operations.ts';
import { objectOf, typedFlags } from '../kinds/problems.ts';
import { references } from '../objects/references.ts';
import { askFor } from '../terminal/secret.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { harmless } from '../terminal/text.ts';
import { readSource, readVariables, variableFlags } from '../documents/variables.ts';

export class QuerySave extends LabCommand {
  static override summary = 'Keep a document under a name, or change the one that is kept.';
  static override examples = [
    '<%= config.bin %> query save failed -f failed.graphql --description "servers that failed"',
    `echo '{ servers { nodes { name } } }' | <%= config.bin %> query save names -f -`,
  ];
  static override args = { name: Args.string({ description: 'name, a DNS label', required: true }) };
  static override flags = {
    file: Flags.string({
      char: 'f',
      required: true,
      description: 'read the document from a file, - for standard input',
    }),
    description: Flags.string({ description: 'what it is for' }),
    cloud: Flags.string({ description: 'cloud it belongs to' }),
    environment: Flags.string({ description: 'environment it belongs to' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(QuerySave);
    const { description, cloud, environment } = flags;
    const document = await readSource(flags.file, 'document', this.terminal.in);
    const client = await this.client(flags);
    const input = { name: args.name, document, description, cloud, environment };
    const there = await client.run(StoredQueryDocument, {
      by: references(view, args.name)[0] as never,
      wide: false,
      full: false,
    });
    const { result } = there.one
      ? await client.run(UpdateStoredQueryDocument, { by: { id: there.one.id }, input: { ...input, name: undefined } })
      : await client.run(CreateStoredQueryDocument, { input });
    const typed = { ...typedFlags(flags), name: 'NAME', document: `-f ${flags.file}` };
    const { name } = objectOf(result, typed);
    this.terminal.out.write(`query/${harmless(name)} ${there.one ? 'saved' : 'created'}\n`);
    if (operationsIn(document).some(({ type }) => type === 'mutation'))
      this.terminal.err.write('It changes things: whoever runs it is shown it, and asked.\n');
  }
}

/** How an answer's data is printed. */
const formats: Record<string, (data: object) => Promise<string> | string> = {
  table: async (data) => (await import('../print/answer.ts')).answerTables(data as Record<string, unknown>),
  json: (data) => `${JSON.stringify(data, null, 2)}\n`,
  yaml: async (data) => (await import('../terminal/yaml.ts')).stringify(data),
};

/**
 * Shows a document that changes things, which somebody else may have written, and asks before it runs with one's own
 * permissions. Throws a usage error when nobody is there to ask, and CliError when something else is typed.
 */
async function confirmChange(terminal: Terminal, name: string, document: string): Promise<void> {
  if (!terminal.in.isTTY)
    throw new CliError(
      'usage',
      `query/${harmless(name)} changes things, and nobody is there to be asked whether to run it.`,
      (lab) => `Look at it, ${lab} describe query ${harmless(name)}, and add --yes.`,
    );
  const lines = document.split(/\r?\n/).map((line) => `  ${harmless(line)}\n`);
  terminal.err.write(`query/${harmless(name)} changes things, with your permissions:\n${lines.join('')}`);
  const typed = await askFor(terminal, `Type ${harmless(name)} to run it: `);
  if (typed.trim() !== name) throw new CliError('failed', 'That is not its name. Nothing was done.');
}

export class QueryRun extends LabCommand {
  static override summary = 'Run a document that is kept, with your own permissions.';
  static override description = 'One that changes things is shown, and its name has to be typed, or --yes given.';
  static override examples = [
    '<%= config.bin %> query run failed',
    '<%= config.bin %> query run by-rack --var rack=a1 -o json',
  ];
  static override completes = ['queries', []] as const;
  static override args = { name: Args.string({ description: 'name or id of the query', required: true }) };
  static override flags = {
    output: Flags.string({ char: 'o', description: 'how to print', options: Object.keys(formats), default: 'table' }),
    yes: Flags.boolean({ char: 'y', description: 'do not ask before it changes things' }),
    ...variableFlags,
  };

  async run(): Promise<number | void> {
    const { args, flags } = await this.parse(QueryRun);
    const variables = await readVariables(flags, this.terminal.in);
    const client = await this.client(flags);
    const kept = await findOne((by) => client.run(DescribeStoredQueryDocument, { by: by as never }), view, args.name);
    const operation = chooseOperation(kept.document, flags.operation);
    if (operation?.type === 'mutation' && !flags.yes) await confirmChange(this.terminal, kept.name, kept.document);
    const asked: Asked = { query: kept.document, variables, operationName: operation?.name, known: true };
    if (operation?.type === 'subscription') return printEvents(client.target, asked);
    const { data, errors }: Answer = await send(client.target, asked);
    if (!data) throw errors ? failed(errors) : new CliError('failed', 'labd answered with nothing.');
    this.terminal.out.write(await formats[flags.output]!(data));
    for (const { message } of errors ?? []) this.terminal.err.write(`Error: ${harmless(message)}\n`);
    return errors ? exits.failed : exits.done;
  }
}
