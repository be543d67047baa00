// A statement that takes some of its rows says in which order: PostgreSQL mostly answers in that of the table, CockroachDB in
// any. Read as code, so that it does not matter over how many lines a statement is spread.
import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { sourcesIn } from './sources.ts';

/** Statements whose rows are one at most, or alike. */
const EXCEPTIONS: readonly string[] = [
  // Whether there is one
  'SELECT rev FROM change WHERE tx_id = … LIMIT 1',
];

/** The statement that a template or a text is, each value of it as `…`; undefined for other code. */
function textOf(node: ts.Node): string | undefined {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return undefined;
  return node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join('');
}

/** What stands before a place, back to the bracket that is open there: the SELECT that a LIMIT belongs to. */
function selectBefore(sql: string, at: number): string {
  let open = 0;
  for (let from = at - 1; from >= 0; from--) {
    if (sql[from] === ')') open++;
    else if (sql[from] === '(' && open-- === 0) return sql.slice(from + 1, at);
  }
  return sql.slice(0, at);
}

/** What it says itself, and not in brackets. */
function withoutBrackets(select: string): string {
  const shorter = select.replaceAll(/\([^()]+\)/g, '()');
  return shorter === select ? select : withoutBrackets(shorter);
}

/** SELECTs in a statement that take some of their rows, in no order. */
function unorderedIn(statement: string): string[] {
  const sql = statement.replaceAll(/\s+/g, ' ').trim();
  return [...sql.matchAll(/\bLIMIT (?:\d+|…|\$\d+)/g)].flatMap(({ index, 0: limit }) => {
    const select = withoutBrackets(selectBefore(sql, index));
    return /\bORDER BY\b/.test(select) ? [] : [`${select}${limit}`.replace(/::uuid/g, '').trim()];
  });
}

/** Calls of findMany in code that take more than two rows by themselves, and name no order. */
function unorderedCall(node: ts.Node): string | undefined {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return undefined;
  const [given] = node.arguments;
  if (node.expression.name.text !== 'findMany' || !given || !ts.isObjectLiteralExpression(given)) return undefined;
  const named = (name: string) => given.properties.find((one) => one.name?.getText() === name);
  const take = named('take');
  // One that is there, or whether there are two.
  if (take === undefined || /^take: [12]$/.test(take.getText()) || named('orderBy')) return undefined;
  return given.properties.some(ts.isSpreadAssignment) ? undefined : given.getText();
}

test.each([
  ['SELECT a FROM t LIMIT 5', ['SELECT a FROM t LIMIT 5']],
  ['SELECT a FROM t\n  ORDER BY\n    a,\n    id\n LIMIT 5', []],
  ['SELECT a FROM (SELECT b FROM t\nLIMIT 5) s ORDER BY b', ['SELECT b FROM t LIMIT 5']],
  // An order within brackets is none of what is around them.
  ['SELECT a FROM (SELECT b FROM t ORDER BY b) s LIMIT 5', ['SELECT a FROM () s LIMIT 5']],
  [
    'SELECT row_number() OVER (PARTITION BY a ORDER BY b) FROM t LIMIT $1',
    ['SELECT row_number() OVER () FROM t LIMIT $1'],
  ],
])('%j', (statement, unordered) => expect(unorderedIn(statement)).toEqual(unordered));

test('every statement that takes some of its rows names their order', () => {
  const unordered: string[] = [];
  for (const path of sourcesIn('server', 'schema')) {
    const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
    const look = (node: ts.Node) => {
      const found = [...unorderedIn(textOf(node) ?? ''), unorderedCall(node)].filter((one) => one !== undefined);
      unordered.push(...found.filter((one) => !EXCEPTIONS.includes(one)).map((one) => `${path}: ${one}`));
      ts.forEachChild(node, look);
    };
    look(source);
  }
  expect(unordered).toEqual([]);
});
