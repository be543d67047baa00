// Texts from machines that cannot authenticate, made harmless to store and to print.

/** Characters of a text about hardware. */
export const TEXT = 256;

// Control characters, what ends lines, and what turns the direction of writing.
const UNPRINTABLE = '[\\p{Cc}\\u2028\\u2029\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069]';
const RUNS = new RegExp(`${UNPRINTABLE}+`, 'gu');
const EACH = new RegExp(UNPRINTABLE, 'gu');

/** One line of printable text, cut to `most` characters. */
export function printable(text: string, most: number = TEXT): string {
  return cut(wellFormed(text).replaceAll(RUNS, ' ').trim(), most);
}

/** Whether what is printable of a text is all of it, but for its ends. */
export function isPrintable(text: string): boolean {
  const spaced = text.replaceAll(EACH, ' ');
  const from = spaced.length - spaced.trimStart().length;
  const inside = text.slice(from, spaced.trimEnd().length);
  return wellFormed(inside) === inside && inside.search(RUNS) === -1;
}

/** Halves of surrogate pairs, which JSON can spell and UTF-8 cannot, become the replacement character. */
export function wellFormed(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}

/** A text of no more characters: what was more ends in an ellipsis. */
export function cut(text: string, most: number): string {
  return text.length <= most ? text : `${wellFormed(text.slice(0, most - 1)).replace(/\ufffd$/, '')}…`;
}
