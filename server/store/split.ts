// Splits an SQL script into its statements, for an engine that takes them one by one.

/** What may hold a semicolon that ends nothing; the first that matches at a place wins. */
const OPAQUE = [
  /--[^\n]*/y,
  /\b[eE]'(?:[^'\\]|\\[\s\S]|'')*'/y,
  /'(?:[^']|'')*'/y,
  /"(?:[^"]|"")*"/y,
  /\$([A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$[\s\S]*?\$\1\$/y,
];

/**
 * The statements of a script, trimmed, without the semicolons between them and without empty ones.
 * Comments stay with the statement they stand in or before; a script of comments alone has no statement.
 */
export function splitStatements(script: string): string[] {
  const statements: string[] = [];
  let start = 0;
  let substance = false;
  const end = (at: number) => {
    if (substance) statements.push(script.slice(start, at).trim());
    start = at + 1;
    substance = false;
  };
  let at = 0;
  while (at < script.length) {
    const comment = script.startsWith('/*', at);
    const next = comment ? endOfComment(script, at) : endOfOpaque(script, at);
    if (next > at) {
      substance ||= !comment && !script.startsWith('--', at);
      at = next;
    } else if (isWordPart(script, at)) {
      // A word goes as a whole, so that `name$1$` or the `e` of `date'…` begins nothing.
      substance = true;
      at = endOfWord(script, at);
    } else {
      if (script[at] === ';') end(at);
      else if (!/\s/.test(script[at] ?? '')) substance = true;
      at += 1;
    }
  }
  end(script.length);
  return statements;
}

function endOfOpaque(script: string, at: number): number {
  for (const pattern of OPAQUE) {
    pattern.lastIndex = at;
    if (pattern.test(script)) return pattern.lastIndex;
  }
  return at;
}

/** PostgreSQL's block comments nest. */
function endOfComment(script: string, at: number): number {
  let depth = 0;
  for (let i = at; i < script.length; i++) {
    if (script.startsWith('/*', i)) {
      depth += 1;
      i += 1;
    } else if (script.startsWith('*/', i)) {
      depth -= 1;
      i += 1;
      if (depth === 0) return i + 1;
    }
  }
  return script.length;
}

const isWordPart = (script: string, at: number) => /[\w\u0080-\uffff]/.test(script[at] ?? '');

function endOfWord(script: string, at: number): number {
  const word = /[\w$\u0080-\uffff]*/y;
  word.lastIndex = at;
  word.test(script);
  return word.lastIndex;
}
