// Texts from machines that cannot authenticate, made harmless to store and to print.

/** Characters of a text about hardware; of a message or one line of output. */
export const TEXT = 256;
export const LINE = 4_096;

// Control characters, what ends lines, and what turns the direction of writing.
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu;
const UNSTORABLE = /[\0\u001f]/g;

/** One line of printable text, cut to `most` characters. */
export function printable(text: string, most: number = TEXT): string {
  return cut(wellFormed(text).replaceAll(UNPRINTABLE, ' ').trim(), most);
}

/** A line of a machine's output: colours and tabs stay, since what shows it neutralises them; what no database takes goes. */
export function storable(line: string): string {
  return cut(wellFormed(line).replaceAll(UNSTORABLE, '\ufffd'), LINE);
}

/** A caller's word inside a message. */
export function quoted(text: string): string {
  return JSON.stringify(printable(text, 60));
}

/** Halves of surrogate pairs, which JSON can spell and UTF-8 cannot, become the replacement character. */
function wellFormed(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${wellFormed(text.slice(0, most - 1)).replace(/\ufffd$/, '')}…`;
}
