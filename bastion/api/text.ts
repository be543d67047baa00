// Texts of machines' output, made harmless to store, and callers' words inside messages.
import { cut, printable, wellFormed } from '../../common/printable.ts';

/** Characters of a message or one line of output. */
export const LINE = 4_096;

const UNSTORABLE = /[\0\u001f]/g;

/** A line of a machine's output: colours and tabs stay, since what shows it neutralises them; what no database takes goes. */
export function storable(line: string): string {
  return cut(wellFormed(line).replaceAll(UNSTORABLE, '\ufffd'), LINE);
}

/** A caller's word inside a message. */
export function quoted(text: string): string {
  return JSON.stringify(printable(text, 60));
}
