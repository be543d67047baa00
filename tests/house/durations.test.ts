// Durations come from the clock that nobody sets: the time of day is subtracted only where a date is what counts.
import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { sourcesIn } from './sources.ts';

const FOLDERS = ['server', 'bastion', 'schema', 'common', 'cli'];

/** Files that subtract the time of day, and why a date counts there. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  'bastion/uplink/renewal.ts': 'a certificate ends at a date; the wait for it goes by both clocks',
  'cli/doctor/fleet.ts': 'people read how long ago something was',
  'cli/doctor/labd.ts': 'people read how long something is good for, and how far two clocks are apart',
  'cli/terminal/moment.ts': 'people say a date by its age',
  'cli/terminal/text.ts': 'people read how long ago something was',
  'cli/tui/fleet.ts': 'people read how long ago something was',
  'common/lock.mjs': 'the times of files are dates',
  'common/steadyClock.ts': 'it is what compares the clocks',
  'schema/base/givenMoment.ts': 'people say a date by its age',
  'server/domain/access/authorities.ts': 'authorities end at a date',
  'server/domain/access/authorityKeys.ts': 'certificates begin at a date',
  'server/domain/access/lifetimes.ts': 'credentials end at a date',
  'server/domain/fleet/installs/learnt.ts':
    'stages begin at dates in the database, which another labd may have written',
  'server/domain/fleet/installs/overdue.ts':
    'deadlines are dates in the database, which every labd reads; leaps move them',
  'server/domain/fleet/machines/batchState.ts':
    'leases are dates in the database, which every labd reads; leaps move them',
  'server/domain/fleet/power/power.ts': 'orders to power are good until a date in the database, which every labd reads',
  'server/domain/fleet/uplink/leases.ts':
    'leases of addresses end at a date, by the clock of the bastion that gave them',
  'server/domain/fleet/uplink/open.ts': 'bastions were last seen at dates in the database; leaps move them',
  'server/domain/fleet/uplink/presence.ts': 'bastions were last seen at dates in the database; leaps move them',
  'server/http/tls.ts': 'certificates end at a date, which is looked at again every hour',
  'server/signin/routes.ts': 'sessions end at a date',
  'server/store/retention.ts': 'changes are kept until a date, by the clock of the database',
  'server/store/sealing.ts': 'it tells a change whose date has not come',
  'server/store/verify.ts': 'changes are kept until a date, by the clock of the database',
};

/** Whether something is made of the time of day: `now` is its name in the whole house. */
const isOfDay = (node: ts.Node): boolean =>
  ((ts.isIdentifier(node) || ts.isPrivateIdentifier(node)) && /^#?now$/.test(node.text)) ||
  (ts.forEachChild(node, (child) => isOfDay(child) || undefined) ?? false);

const subtracts = (node: ts.Node): boolean =>
  (ts.isBinaryExpression(node) &&
    (node.operatorToken.kind === ts.SyntaxKind.MinusToken ||
      node.operatorToken.kind === ts.SyntaxKind.MinusEqualsToken) &&
    [node.left, node.right].some((side) => !/\bperformance\.now\(\)/.test(side.getText()) && isOfDay(side))) ||
  // The other clock under that name would hide what is subtracted.
  (ts.isVariableDeclaration(node) &&
    node.name.getText() === 'now' &&
    /\b(?:elapsed|performance\.now)(?:\(\))?$/.test(node.initializer?.getText() ?? ''));

const holds = (text: string, path: string): boolean => {
  const visit = (node: ts.Node): boolean => subtracts(node) || (ts.forEachChild(node, visit) ?? false);
  return /\bnow\b/.test(text) && visit(ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true));
};

test('the time of day is subtracted in the files of the table alone', () => {
  const found = sourcesIn(...FOLDERS).filter((path) => holds(readFileSync(path, 'utf8'), path));
  expect(found.toSorted()).toEqual(Object.keys(EXCEPTIONS).toSorted());
});

test.each([
  ['clock.now() - begun', true],
  ['deadline - now()', true],
  ['(this.#now() - at) / 1000', true],
  ['left -= system.now()', true],
  ['now.getTime() - age', true],
  ['const now = system.elapsed', true],
  ['const now = this.db.system.elapsed()', true],
  ['clock.elapsed() - begun', false],
  ['performance.now() - begun', false],
  ['from - performance.now()', false],
  ['clock.now() + 1', false],
  ["'now() - begun'", false],
])('%s: subtracting is %s', (text, expected) => {
  expect(holds(text, 'sample.ts')).toBe(expected);
});
