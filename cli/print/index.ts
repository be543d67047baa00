// The output formats, by the name that -o takes.
import { CliError } from '../terminal/errors.ts';
import { customColumns } from './custom-columns.ts';
import { json } from './json.ts';
import { jsonpath } from './jsonpath.ts';
import { name } from './name.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { Printer } from './printer.ts';
import { tables } from './table.ts';
import { yaml } from './yaml.ts';

const printers: ReadonlyMap<string, (terminal: Terminal) => Printer> = new Map(
  Object.entries({
    table: tables(false),
    wide: tables(true),
    json,
    yaml,
    name,
  }),
);

/** Formats that take a text of what to print: `-o FORMAT=TEXT`. */
const templates: ReadonlyMap<string, (terminal: Terminal, text: string) => Printer> = new Map(
  Object.entries({ jsonpath, 'custom-columns': customColumns }),
);

/** What -o takes, as far as it is always the same. */
export const formatNames: readonly string[] = [...printers.keys(), ...[...templates.keys()].map((one) => `${one}=`)];

/** What -o takes, for help texts. */
export const formats = `${[...printers.keys()].join(', ')}, ${[...templates.keys()]
  .map((format) => `${format}=…`)
  .join(' or ')}`;

/** The printer that -o names. Throws a usage error. */
export function printerFor(output: string, terminal: Terminal): Printer {
  const [, format, text] = /^([^=]+)=(.*)$/s.exec(output) ?? [];
  const printer = format === undefined ? printers.get(output)?.(terminal) : templates.get(format)?.(terminal, text!);
  if (printer) return printer;
  if (templates.has(output))
    throw new CliError('usage', `-o ${output} needs to be told what to print.`, `Write -o '${output}=…'.`);
  throw new CliError('usage', `-o "${output}" is no format.`, `Formats: ${formats}.`);
}
