// Reads a machine's output: one line, several, or plain text with the MAC in the query.
import type { Place } from '../state/said.ts';
import { badField } from './refusal.ts';
import { amount, fieldsOf, mac, text, wrongType, type Fields } from './fields.ts';
import { storable } from './text.ts';

export interface MachineLines {
  mac: string;
  lines: string[];
  /** Where they begin, of a sender that counts what it says: each line is then taken once, however often it comes */
  place?: Place | undefined;
}

/** Lines of one request; with 256 KB in all there is room for that many short ones. */
const MOST_LINES = 10_000;

/** The highest place in a stream: bytes, if somebody counts those. */
const MOST_FROM = 2 ** 52;
/** Characters of a stream's name. */
const MOST_STREAM = 120;

function placeIn(from: Fields): Place | undefined {
  const place = amount(from, 'from', { whole: true, most: MOST_FROM });
  return place === undefined ? undefined : { stream: text(from, 'stream', MOST_STREAM) ?? '', from: place };
}

/** Reads `{"mac", "line"}` or `{"mac", "lines": […]}`. Throws a Refusal that names the field. */
export function readLog(body: unknown): MachineLines {
  const from = fieldsOf(body);
  const { line, lines } = from.values;
  const whose = mac(from, 'mac');
  const place = placeIn(from);
  if (line != null && lines != null) throw badField('lines', 'is there together with line', 'Send one of the two.');
  if (line == null && lines == null)
    throw badField('lines', 'is missing', 'Send {"mac", "line"} or {"mac", "lines": […]}.');
  if (line != null) {
    if (typeof line !== 'string') throw wrongType(from, 'line', line, 'a text');
    return { mac: whose, lines: split(line), place };
  }
  if (!Array.isArray(lines)) throw wrongType(from, 'lines', lines, 'a list of texts');
  const read = lines.flatMap((one: unknown, at) => {
    if (typeof one !== 'string') throw badField(`lines[${at}]`, 'is not a text', 'Send each line as a text.');
    return split(one);
  });
  return { mac: whose, lines: bounded(read), place };
}

/** Reads plain text, a line each. */
export function readPlainLog(given: string, query: URLSearchParams): MachineLines {
  const values = Object.fromEntries(query);
  const from = { values: { ...values, ...('from' in values && { from: Number(values['from'] || NaN) }) }, path: '' };
  return { mac: mac(from, 'mac'), lines: bounded(split(given)), place: placeIn(from) };
}

/** A final newline ends a line rather than beginning an empty one. */
function split(text: string): string[] {
  return text
    .replace(/\r?\n$/, '')
    .split(/\r?\n/)
    .map(storable);
}

function bounded(lines: string[]): string[] {
  if (lines.length <= MOST_LINES) return lines;
  throw badField('lines', `has ${lines.length} entries, and ${MOST_LINES} at most are taken`, 'Send fewer at a time.');
}
