// Lays an operation out as people write it. Loaded for --show-query alone.
import { parse } from 'graphql/language/parser.js';
import { print } from 'graphql/language/printer.js';

/** Variables and fields of them that nobody is shown, whatever they are variables of. */
const HIDDEN: ReadonlySet<string> = new Set(['password', 'present', 'wanted', 'secret', 'token', 'idToken', 'value']);

const shown = (name: string, value: unknown): unknown => (HIDDEN.has(name) && value != null ? '(not shown)' : value);

/** The document, laid out, and its variables below, if it has any. */
export function operationText({ query, variables }: { query: string; variables: object }): string {
  const given = JSON.stringify(variables, shown, 2);
  return `${print(parse(query))}\n${given === '{}' ? '' : `${given}\n`}`;
}
