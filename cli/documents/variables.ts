// Documents and variables as people give them to commands: in a word, a file, or on standard input.
import * as Flags from '@oclif/core/flags';
import { inexactNumberIn } from '../../common/exactNumbers.ts';
import { CliError } from '../terminal/errors.ts';
import type { Input } from '../terminal/terminal.ts';
import { readTextFile, readTextInput } from '../terminal/textFile.ts';

export const variableFlags = {
  var: Flags.string({ multiple: true, description: 'variable, NAME=VALUE; JSON where it is JSON' }),
  vars: Flags.string({ description: 'read variables from a file of JSON, - for standard input' }),
  operation: Flags.string({ description: 'which operation of the document to run, when it has several' }),
};

/** A file's text, or standard input's for `-`. Throws a usage error that says what the file was for. */
export async function readSource(file: string, what: string, input: Input): Promise<string> {
  if (file === '-') return readTextInput(input);
  return readTextFile(file, ({ message }) => new CliError('usage', `The ${what} ${file} cannot be read: ${message}`));
}

/** A value all of whose numbers are as they were written. Throws a usage error. */
function exact<T>(value: T, from: string): T {
  const path = inexactNumberIn(value);
  if (path === undefined) return value;
  throw new CliError(
    'usage',
    `${from} has a number beyond 2^53 - 1${path === '' ? '' : `, ${path}`}, which would be sent as another one.`,
    'Write it as a text, in quotes.',
  );
}

function parseVariables(source: string, from: string): Record<string, unknown> {
  try {
    const value = JSON.parse(source) as unknown;
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return exact(value as Record<string, unknown>, from);
  } catch (error) {
    if (error instanceof CliError) throw error;
  }
  throw new CliError('usage', `${from} is not a JSON object.`, 'Write one such as {"name": "labmaster"}.');
}

/** `name=value`: JSON where it is JSON, else a text. */
function parseVariable(given: string): [string, unknown] {
  const at = given.indexOf('=');
  if (at < 1) throw new CliError('usage', `--var "${given}" is not NAME=VALUE.`);
  const [name, value] = [given.slice(0, at), given.slice(at + 1)];
  let parsed: unknown = value;
  try {
    parsed = JSON.parse(value);
  } catch {
    // It is a text.
  }
  return [name, exact(parsed, `--var ${name}`)];
}

/** The variables that the flags give; a single one goes before those of a file. Throws usage errors. */
export async function readVariables(
  { var: single = [], vars }: { var?: string[] | undefined; vars?: string | undefined },
  input: Input,
): Promise<Record<string, unknown>> {
  const whole =
    vars === undefined ? {} : parseVariables(await readSource(vars, 'file of variables', input), `The file ${vars}`);
  return { ...whole, ...Object.fromEntries(single.map(parseVariable)) };
}
