// The output formats, by the name that -o takes.
import { json } from './json.ts';
import { name } from './name.ts';
import type { Printer } from './printer.ts';
import { tables } from './table.ts';
import { yaml } from './yaml.ts';

export const printers: Readonly<Record<string, Printer>> = {
  table: tables(false),
  wide: tables(true),
  json,
  yaml,
  name,
};
