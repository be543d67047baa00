// lab api: sends any GraphQL, for scripts.
import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { LabCommand } from '../command/command.ts';
import { CliError, exits } from '../terminal/errors.ts';
import { printEvents } from '../labd/printSubscription.ts';
import { type Asked, send } from '../labd/http.ts';
import { findTarget } from '../labd/target.ts';
import { chooseOperation } from '../documents/operations.ts';
import { readSource, readVariables, variableFlags } from '../documents/variables.ts';

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
    ...variableFlags,
  };

  async run(): Promise<number | void> {
    const { flags, args } = await this.parse(Api);
    if ((args.document === undefined) === (flags.file === undefined)) {
      throw new CliError(
        'usage',
        'Give the document, or a file with --file.',
        (lab) => `Such as: ${lab} api '{ about { version } }'`,
      );
    }
    if (flags.file === '-' && flags.vars === '-')
      throw new CliError('usage', 'Standard input is either the document or the variables.');
    const document = args.document ?? (await readSource(flags.file!, 'document', this.terminal.in));
    const variables = await readVariables(flags, this.terminal.in);
    const operation = chooseOperation(document, flags.operation);
    const target = await findTarget(flags, this.terminal);
    const request: Asked = { query: document, variables, operationName: operation?.name };
    if (operation?.type === 'subscription') return printEvents(target, request);
    const answer = await send(target, request);
    this.terminal.out.write(`${JSON.stringify(answer, null, 2)}\n`);
    return answer.errors ? exits.failed : exits.done;
  }
}
