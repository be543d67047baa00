// Lays an operation out as people write it. Loaded for --show-query alone.
import { parse } from 'graphql/language/parser.js';
import { print } from 'graphql/language/printer.js';

/** The document, laid out, and its variables below, if it has any. */
export function operationText({ query, variables }: { query: string; variables: object }): string {
  const given = JSON.stringify(variables, null, 2);
  return `${print(parse(query))}\n${given === '{}' ? '' : `${given}\n`}`;
}
