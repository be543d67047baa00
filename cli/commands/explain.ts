// lab explain: what a kind and its fields are, as labd's own schema says.
import * as Flags from '@oclif/core/flags';
import * as Args from '@oclif/core/args';
import { LabCommand } from '../command/command.ts';
import { CliError } from '../terminal/errors.ts';
import { ExplainTypeDocument, type ExplainTypeQuery } from '../generated/documents.ts';
import { nearest } from '../../common/nearest.ts';
import { findKind } from '../kinds/index.ts';
import type { Client } from '../labd/client.ts';
import { columnsOf } from '../terminal/terminal.ts';
import { harmless, painter } from '../terminal/text.ts';
import { wrap } from '../terminal/width.ts';

type Type = NonNullable<ExplainTypeQuery['type']>;
type Field = NonNullable<Type['fields']>[number];

/** A type as GraphQL nests it: lists and what may not be null are types around others. */
interface TypeRef {
  readonly kind: string;
  readonly name: string | null;
  readonly ofType?: TypeRef | null | undefined;
}

/** The halves of a manifest, which the graph does not have: `server.spec.role` is the field role. */
const halves = ['metadata', 'spec', 'status'];

const nameOf = (type: TypeRef): string => type.name ?? nameOf(type.ofType!);

const isConnection = (type: TypeRef): boolean => nameOf(type).endsWith('Connection');

/** `[ServerNic]`, `String`: a connection is a list of what is on its pages. */
function written(type: TypeRef): string {
  if (isConnection(type)) return `[${nameOf(type).replace(/Connection$/, '')}]`;
  if (type.kind === 'LIST') return `[${written(type.ofType!)}]`;
  return type.kind === 'NON_NULL' ? written(type.ofType!) : type.name!;
}

/** The type that a field leads to, through a connection to what is on its pages. */
const farType = (type: TypeRef): string => nameOf(type).replace(/Connection$/, '');

const indent = '  ';

/** Some paragraphs, indented, as lines that fit into so many columns. */
const paragraphs = (text: string | null | undefined, before: string, columns: number): string[] =>
  (text ?? '').split('\n').flatMap((line) => wrap(harmless(line), columns - before.length).map((one) => before + one));

export default class Explain extends LabCommand {
  static override summary = 'Explain a kind or a field, as the schema describes it.';
  static override usage = 'explain KIND[.FIELD…] [flags]';
  static override examples = [
    '<%= config.bin %> explain server',
    '<%= config.bin %> explain server.nics.network',
    '<%= config.bin %> explain cluster.spec.endpoint',
  ];
  static override args = {
    path: Args.string({ description: 'kind, with fields after it: server.nics', required: true }),
  };
  static override flags = {
    recursive: Flags.boolean({ description: 'the fields of fields too, once each' }),
  };
  static override completes = 'fields' as const;

  async run(): Promise<void> {
    const { flags, args } = await this.parse(Explain);
    const [kind, ...given] = args.path.split('.');
    const view = findKind(kind!);
    const client = await this.client(flags);
    const steps = given.filter((step, n) => step !== '' && !(n === 0 && halves.includes(step)));
    let type = await typeNamed(client, view.kind.type);
    let field: Field | undefined;
    const walked: string[] = [view.kind.field];
    for (const step of steps) {
      field = findField(type, step, walked.join('.'));
      walked.push(field.name);
      type = await typeNamed(client, farType(field.type));
    }
    const columns = columnsOf(this.terminal.out);
    const lines = [
      `KIND:  ${view.kind.type}`,
      ...(field ? [`FIELD: ${walked.slice(1).join('.')} <${written(field.type)}>`] : []),
      '',
      'DESCRIPTION:',
      ...paragraphs(field?.description ?? type.description, indent, columns),
      ...(field && type.fields ? ['', ...paragraphs(`${type.name}: ${type.description}`, indent, columns)] : []),
      ...(await this.fieldLines(client, type, flags.recursive)),
      ...values(type, columns),
      ...argumentsOf(field, columns),
    ];
    this.terminal.out.write(`${lines.join('\n')}\n`);
  }

  private async fieldLines(client: Client, type: Type, recursive: boolean): Promise<string[]> {
    if (!type.fields?.length) return [];
    const seen = new Set([type.name!]);
    const paint = painter(this.terminal.out, this.terminal.env);
    const list = async ({ fields }: Type, before: string): Promise<string[]> => {
      const lines: string[] = [];
      for (const { name, type: its, description } of fields ?? []) {
        lines.push(`${before}${paint(name, 'bold')} ${paint(`<${written(its)}>`, 'dim')}`);
        if (!recursive) lines.push(...paragraphs(description, `${before}  `, columnsOf(this.terminal.out)));
        const far = farType(its);
        if (!recursive || seen.has(far)) continue;
        seen.add(far);
        lines.push(...(await list(await typeNamed(client, far), `${before}  `)));
      }
      return lines;
    };
    return ['', 'FIELDS:', ...(await list(type, indent))];
  }
}

const values = ({ enumValues }: Type, columns: number): string[] =>
  enumValues?.length
    ? [
        '',
        'VALUES:',
        ...enumValues.flatMap(({ name, description }) => [
          `${indent}${name}`,
          ...paragraphs(description, indent.repeat(2), columns),
        ]),
      ]
    : [];

const argumentsOf = (field: Field | undefined, columns: number): string[] =>
  field?.args.length
    ? [
        '',
        'ARGUMENTS:',
        ...field.args.flatMap(({ name, type, description }) => [
          `${indent}${name} <${written(type)}>`,
          ...paragraphs(description, indent.repeat(2), columns),
        ]),
      ]
    : [];

async function typeNamed(client: Client, name: string): Promise<Type> {
  const { type } = await client.run(ExplainTypeDocument, { name });
  if (!type) throw new CliError('notFound', `This labd has no type "${name}".`, (lab) => `Compare: ${lab} version`);
  return type;
}

function findField({ fields, name }: Type, step: string, walked: string): Field {
  const known = fields ?? [];
  const found =
    known.find((field) => field.name === step) ??
    known.find((field) => field.name.toLowerCase() === step.toLowerCase());
  if (found) return found;
  const meant = nearest(
    step,
    known.map((field) => field.name),
  );
  throw new CliError(
    'notFound',
    `${walked} (${name}) has no field "${step}".${meant ? ` Did you mean "${meant}"?` : ''}`,
    (lab) => `See: ${lab} explain ${walked}`,
  );
}
