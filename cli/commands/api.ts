// lab api: sends any GraphQL, for scripts.
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { LabCommand } from '../command.ts';
import { CliError, exits } from '../errors.ts';
import { type Asked, send } from '../labd/http.ts';
import { findTarget, type Target } from '../labd/target.ts';
import { chooseOperation } from '../operations.ts';
import { self } from '../self.ts';

async function readSource(file: string, what: string): Promise<string> {
  if (file === '-') return text(process.stdin);
  return readFile(file, 'utf8').catch((error: Error) => {
    throw new CliError('usage', `The ${what} ${file} cannot be read: ${error.message}`);
  });
}

function parseVariables(source: string, from: string): Record<string, unknown> {
  try {
    const value = JSON.parse(source) as unknown;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw new CliError('usage', `${from} is not a JSON object.`, 'Write one such as {"name": "labmaster"}.');
}

/** `name=value`: JSON where it is JSON, else a text. */
function parseVariable(given: string): [string, unknown] {
  const at = given.indexOf('=');
  if (at < 1) throw new CliError('usage', `--var "${given}" is not NAME=VALUE.`);
  const value = given.slice(at + 1);
  try {
    return [given.slice(0, at), JSON.parse(value)];
  } catch {
    return [given.slice(0, at), value];
  }
}

async function stream(target: Target, request: Asked): Promise<void> {
  const { away, Cut, follow } = await import('../labd/stream.ts');
  process.once('SIGINT', () => process.exit(exits.interrupted));
  try {
    for await (const result of follow(target, request, new AbortController().signal)) {
      process.stdout.write(`${JSON.stringify(result)}\n`);
    }
  } catch (error) {
    throw error instanceof Cut ? away(target, error) : error;
  }
}

export default class Api extends LabCommand {
  static override summary = 'Send any GraphQL and print what labd answers.';
  static override description = 'Exits 1 when the answer has errors. A subscription prints a line of JSON per event.';
  static override examples = [
    `<%= config.bin %> api '{ servers { nodes { name status } } }'`,
    `<%= config.bin %> api 'query ($n: String!) { server(by: { name: $n }) { id } }' --var n=labmaster`,
    '<%= config.bin %> api -f query.graphql --vars variables.json',
    `<%= config.bin %> api 'subscription { watchServers { __typename } }'`,
  ];
  static override args = { document: Args.string({ description: 'the document; else give --file' }) };
  static override flags = {
    file: Flags.string({ char: 'f', description: 'read the document from a file, - for standard input' }),
    var: Flags.string({ multiple: true, description: 'variable, NAME=VALUE; JSON where it is JSON' }),
    operation: Flags.string({ description: 'which operation of the document to run, when it has several' }),
    vars: Flags.string({ description: 'read variables from a file of JSON, - for standard input' }),
  };

  async run(): Promise<void> {
    const { flags, args } = await this.parse(Api);
    if ((args.document === undefined) === (flags.file === undefined)) {
      throw new CliError(
        'usage',
        'Give the document, or a file with --file.',
        `Such as: ${self()} api '{ about { version } }'`,
      );
    }
    if (flags.file === '-' && flags.vars === '-')
      throw new CliError('usage', 'Standard input is either the document or the variables.');
    const document = args.document ?? (await readSource(flags.file!, 'document'));
    const whole =
      flags.vars === undefined
        ? {}
        : parseVariables(await readSource(flags.vars, 'file of variables'), `The file ${flags.vars}`);
    const variables = { ...whole, ...Object.fromEntries((flags.var ?? []).map(parseVariable)) };
    const operation = chooseOperation(document, flags.operation);
    const target = await findTarget(flags);
    const request: Asked = { query: document, variables, operationName: operation?.name };
    if (operation?.type === 'subscription') return stream(target, request);
    const answer = await send(target, request);
    process.stdout.write(`${JSON.stringify(answer, null, 2)}\n`);
    if (answer.errors) process.exitCode = exits.failed;
  }
}
