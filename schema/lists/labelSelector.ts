// Label selectors as kubectl has them, compiled to conditions on the indexed label tokens.
import { InvalidInput } from '../../server/domain/errors.ts';
import { everyOf } from '../../server/domain/alternatives.ts';
import { storable, type Where } from '../../server/domain/where.ts';

const key = '[A-Za-z0-9](?:[-A-Za-z0-9_./]*[A-Za-z0-9])?';
const value = '(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)?';

const column = 'labelTokens';
const has = (token: string): Where => ({ [column]: { has: token } });
const not = (where: Where): Where => ({ NOT: where });
const tokens = (name: string, values: string) => values.split(',').map((one) => `${name}=${one.trim()}`);

/** One requirement of a selector: its form, and the condition that its parts make. */
const requirements: readonly { form: RegExp; where: (name: string, operand: string) => Where }[] = [
  { form: new RegExp(`^(${key})\\s*==?\\s*(${value})$`), where: (name, one) => has(`${name}=${one}`) },
  { form: new RegExp(`^(${key})\\s*!=\\s*(${value})$`), where: (name, one) => not(has(`${name}=${one}`)) },
  {
    form: new RegExp(`^(${key})\\s+in\\s*\\(([^()]*)\\)$`),
    where: (name, values) => ({ [column]: { hasSome: tokens(name, values) } }),
  },
  {
    form: new RegExp(`^(${key})\\s+notin\\s*\\(([^()]*)\\)$`),
    where: (name, values) => not({ [column]: { hasSome: tokens(name, values) } }),
  },
  { form: new RegExp(`^(${key})$`), where: (name) => has(name) },
  { form: new RegExp(`^!\\s*(${key})$`), where: (name) => not(has(name)) },
];

/** What stands between commas that are in no parentheses; each character is looked at once. */
function partsOf(selector: string): string[] {
  const parts: string[] = [];
  let from = 0;
  let enclosed = false;
  for (let at = 0; at <= selector.length; at++) {
    const character = selector[at];
    if (character === '(' || character === ')') enclosed = character === '(';
    if (character !== undefined && (character !== ',' || enclosed)) continue;
    parts.push(selector.slice(from, at).trim());
    from = at + 1;
  }
  return parts.filter((part) => part !== '');
}

/** How many requirements a selector has at most, each value of a list counted as one. */
export function requirementsIn(selector: string): number {
  let count = 1;
  for (let at = selector.indexOf(','); at >= 0; at = selector.indexOf(',', at + 1)) count++;
  return count;
}

/** The longest part that an error repeats. */
const SHOWN = 100;

/**
 * The condition that a selector such as `rack=a1,role!=db,env in (a,b),!legacy` makes.
 * Throws InvalidInput naming `field` for what is not a selector.
 */
export function selectorWhere(selector: string, field: string): Where {
  if (!storable(selector)) throw new InvalidInput(field, 'A label selector has a NUL character.', 'Leave it out.');
  return everyOf(
    ...partsOf(selector).map((part) => {
      for (const { form, where } of requirements) {
        const found = form.exec(part);
        if (found) return where(found[1]!, found[2] ?? '');
      }
      throw new InvalidInput(
        field,
        `"${part.length > SHOWN ? `${part.slice(0, SHOWN)}…` : part}" is not a label requirement.`,
        'Write key, !key, key=value, key!=value, key in (a,b) or key notin (a,b), separated by commas.',
      );
    }),
  );
}
