// Clock, ids and chance come from outside: the roots of programs hand the real ones in, and nothing else reaches for them.
import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { sourcesIn } from './sources.ts';

const FOLDERS = ['server', 'bastion', 'schema', 'common'];

/** Files that ask the system itself, and why they must. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  'common/clock.ts': 'it is the real clock',
  'common/system.ts': 'it is the real system',
  'server/domain/access/secrets.ts': 'nobody may hand in what secrets are made of',
  'server/domain/access/authority.ts': 'keys are made by the library itself',
  'server/domain/access/authorityKeys.ts': 'keys are made by the library itself',
  'bastion/enrolment/enrolment.ts': 'keys are made by the library itself',
  'common/lock.mjs': 'the times of files are the system clock’s',
  'common/holder.mjs': 'processes tell each other apart by it',
  'server/store/embedded/worker.mjs': 'the engine’s thread waits for it, and timers go by the true time',
  'bastion/simulate/index.ts': 'it sleeps until its next post, and timers go by the true time',
  'bastion/simulate/poster.ts': 'it waits for real sockets, and timers go by the true time',
};

/** Where programs begin: they alone may take the real clock and the real system. */
const ROOTS = ['common/system.ts', 'server/main.ts', 'server/store/seed.ts', 'bastion/bastion.ts'];

const ASKING = new Set(
  ['randomUUID', 'randomBytes', 'randomInt', 'randomFill', 'randomFillSync', 'getRandomValues', 'hrtime'].concat([
    'generateKey',
    'generateKeySync',
    'generateKeyPair',
    'generateKeyPairSync',
  ]),
);
const MEMBERS = new Set(['Date.now', 'performance.now', 'Math.random']);
const REAL = new Set(['realSystem', 'systemClock']);

const isDate = (node: ts.Node): boolean => ts.isIdentifier(node) && node.text === 'Date';

/** Whether a node asks the system for the time or for chance. */
function asks(node: ts.Node): boolean {
  if (ts.isNewExpression(node)) return isDate(node.expression) && (node.arguments?.length ?? 0) === 0;
  if (ts.isCallExpression(node)) return isDate(node.expression);
  if (ts.isPropertyAccessExpression(node))
    return ASKING.has(node.name.text) || MEMBERS.has(`${node.expression.getText()}.${node.name.text}`);
  return ts.isImportSpecifier(node) && ASKING.has((node.propertyName ?? node.name).text);
}

const takesTheReal = (node: ts.Node): boolean =>
  ts.isImportSpecifier(node) && REAL.has((node.propertyName ?? node.name).text);

/** A file without any of these words is not worth parsing. */
const WORDS = /Date|performance|Math|random|generateKey|hrtime|realSystem|systemClock/i;

const holds = (text: string, path: string, found: (node: ts.Node) => boolean): boolean => {
  if (!WORDS.test(text)) return false;
  const visit = (node: ts.Node): boolean => found(node) || (ts.forEachChild(node, visit) ?? false);
  return visit(ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true));
};

const filesThat = (found: (node: ts.Node) => boolean): string[] =>
  sourcesIn(...FOLDERS).filter((path) => holds(readFileSync(path, 'utf8'), path, found));

test('the clock, ids and chance are asked for by the files in the table alone', () => {
  expect(filesThat(asks).toSorted()).toEqual(Object.keys(EXCEPTIONS).toSorted());
});

test('the real ones are taken where programs begin', () => {
  expect(filesThat(takesTheReal).filter((path) => !ROOTS.includes(path))).toEqual([]);
});

test.each([
  ['new Date()', true],
  ['new Date(0)', false],
  ['Date()', true],
  ['const now = Date.now', true],
  ['performance.now()', true],
  ['Math.random()', true],
  ['crypto.randomUUID()', true],
  ["import { randomBytes as bytes } from 'node:crypto'", true],
  ['// Date.now()', false],
  ["'Math.random()'", false],
  ['clock.now()', false],
])('%s: asking is %s', (text, expected) => {
  expect(holds(text, 'sample.ts', asks)).toBe(expected);
});
