// Which operations a GraphQL document has. A parser would take longer to load than the whole command takes.
import { CliError } from '../terminal/errors.ts';

/** An operation of a document; one without a name has none beside it. */
export interface Operation {
  readonly type: 'query' | 'mutation' | 'subscription';
  readonly name: string | undefined;
}

/** Comments, block strings, strings, names, and whatever stands alone. */
const TOKEN = /#[^\n\r]*|"""(?:\\"""|[^])*?"""|"(?:\\.|[^"\\\n\r])*"|[A-Za-z_]\w*|[^\s,\ufeff]/g;
const TYPES: ReadonlySet<string> = new Set(['query', 'mutation', 'subscription']);

/** The operations of a document, in order. Of what is no GraphQL it says nothing sensible: labd does. */
export function operationsIn(document: string): Operation[] {
  const found: Operation[] = [];
  const tokens = (document.match(TOKEN) ?? []).filter((token) => !/^[#"]/.test(token));
  // Definitions begin outside of all brackets, and end with the braces of their selection.
  let depth = 0;
  let begun = false;
  for (const [i, token] of tokens.entries()) {
    if (depth === 0 && !begun) {
      const next = tokens[i + 1] ?? '';
      if (token === '{') found.push({ type: 'query', name: undefined });
      if (TYPES.has(token)) found.push({ type: token as Operation['type'], name: /^\w/.test(next) ? next : undefined });
      begun = true;
    }
    if (/^[{([]$/.test(token)) depth += 1;
    if (/^[})\]]$/.test(token)) depth -= 1;
    if (token === '}' && depth === 0) begun = false;
  }
  return found;
}

/** The operation that is to run: the one that is named, or the only one. Throws a usage error when that is none. */
export function chooseOperation(document: string, name: string | undefined): Operation | undefined {
  const all = operationsIn(document);
  const names = all.map((one) => one.name ?? 'one without a name').join(', ');
  if (name !== undefined) {
    const chosen = all.find((one) => one.name === name);
    if (chosen) return chosen;
    throw new CliError('usage', `There is no operation "${name}" in the document.`, `It has: ${names || 'none'}.`);
  }
  if (all.length < 2) return all[0];
  throw new CliError('usage', `The document has several operations: ${names}.`, 'Say which with --operation NAME.');
}
