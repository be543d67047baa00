// Checks a preseed line by line, as debconf-set-selections reads it: owner, question, type, value. Debian's installer opens a
// dialog where an answer is missing, and waits for ever. What it says has no word of the preseed, since that may be a secret.
import type { Checker } from './problem.ts';

/** Types of questions: debconf-devel(7). */
const TYPES = new Set(['string', 'boolean', 'select', 'multiselect', 'note', 'text', 'password', 'title']);

export const checkPreseed: Checker = (text) => {
  const found: { line: number; problem: string }[] = [];
  const asked = new Map<string, number>();
  let before = '';
  let begun = 0;
  const lines = text.split('\n');
  for (const [index, written] of lines.entries()) {
    if (before === '') begun = index + 1;
    // A comment goes on as well, and would hide what follows it.
    if (written.endsWith('\\')) {
      before += written.slice(0, -1);
      if (index === lines.length - 1) found.push({ line: begun, problem: 'goes on, and nothing follows' });
      continue;
    }
    const whole = `${before}${written}`.trim();
    before = '';
    if (whole === '' || whole.startsWith('#')) continue;
    for (const problem of problemsOf(whole, begun, asked)) found.push({ line: begun, problem });
  }
  return found;
};

function problemsOf(line: string, number: number, asked: Map<string, number>): string[] {
  const [, owner, question, type, value = ''] = /^(\S+)\s+(\S+)\s+(\S+)(?:\s(.*))?$/.exec(line) ?? [];
  if (owner === undefined || question === undefined || type === undefined)
    return ['is not made of an owner, a question, a type and a value'];
  const problems: string[] = [];
  if (!/^[a-z0-9][a-z0-9+.-]*$/.test(owner)) problems.push('its first word is not the name of a package');
  if (!/^[\w.+-]+(?:\/[\w.+-]+)+$/.test(question)) problems.push('its second word is not the name of a question');
  if (!TYPES.has(type)) problems.push('its third word is no type of question');
  if (type === 'boolean' && !/^(?:true|false)$/.test(value.trim()))
    problems.push('its value is neither true nor false');
  const earlier = asked.get(question);
  if (earlier !== undefined) problems.push(`line ${earlier} answers its question already`);
  asked.set(question, number);
  return problems;
}
