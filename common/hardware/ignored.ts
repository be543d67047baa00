// What of a machine's report could not be taken: which field, why, and as it came, so that somebody who knows the machine
// can tell what it is. Machines may send anything, so all of it is bounded.
import { printable } from '../printable.ts';

/** One field that was left out, whole or in part. */
export interface Ignored {
  /** As the ramdisk spells it, such as `nics[1].mac`; empty for what is beyond those that are told */
  readonly field: string;
  /** What goes on after the field's name, such as `is a number rather than a text` */
  readonly reason: string;
  /** As it came, as JSON, cut */
  readonly value?: string;
}

/** Fields that are told of one report. */
const MOST_FIELDS = 32;
/** Characters of a value as it came; how deep it is looked into. */
const MOST_VALUE = 120;
/** Characters of a reason. */
const MOST_REASON = 500;
const MOST_DEPTH = 4;

/** Gathers what is left out of one report: each field once. */
export class IgnoredFields {
  readonly #fields = new Map<string, Ignored>();
  readonly #more = new Set<string>();

  add(field: string, reason: string, value?: unknown): void {
    const before = this.#fields.get(field);
    if (!before && this.#fields.size >= MOST_FIELDS) {
      this.#more.add(field);
      return;
    }
    const came = before?.value ?? (value === undefined ? undefined : asItCame(value));
    const why = before ? `${before.reason}; it ${reason}` : reason;
    this.#fields.set(field, { field, reason: why, ...(came !== undefined && { value: came }) });
  }

  /** What somebody else left out of the same report. */
  addTold({ field, reason, value }: Ignored): void {
    if (this.#fields.size > MOST_FIELDS) return;
    const came = value === undefined ? {} : { value: printable(value, MOST_VALUE) };
    this.#fields.set(printable(field), { field: printable(field), reason: printable(reason, MOST_REASON), ...came });
  }

  list(): Ignored[] {
    const { size } = this.#more;
    if (size > 0) this.#fields.set('', { field: '', reason: `${size} more fields could not be taken` });
    return [...this.#fields.values()];
  }
}

/** A value as JSON, however large and deep it is: what is too much is cut. */
function asItCame(value: unknown): string {
  let left = MOST_VALUE;
  const spent = (text: string) => {
    left -= text.length;
    return text;
  };
  const write = (one: unknown, depth: number): string => {
    if (left <= 0 || depth > MOST_DEPTH) return spent('…');
    if (typeof one === 'string') return spent(JSON.stringify(one.slice(0, MOST_VALUE)));
    if (typeof one !== 'object' || one === null) return spent(String(one));
    const written: string[] = [];
    for (const name of Object.keys(one)) {
      if (left <= 0) break;
      const key = Array.isArray(one) ? '' : `${spent(JSON.stringify(name.slice(0, MOST_VALUE)))}:`;
      written.push(key + write((one as Record<string, unknown>)[name], depth + 1));
    }
    const [open, close] = Array.isArray(one) ? ['[', ']'] : ['{', '}'];
    return `${open}${written.join(',')}${close}`;
  };
  return printable(write(value, 0), MOST_VALUE);
}

/** What a value of JSON is, in words. */
export function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  const names: Record<string, string> = {
    string: 'a text',
    number: 'a number',
    boolean: 'true or false',
    object: 'an object',
  };
  return names[typeof value] ?? typeof value;
}
