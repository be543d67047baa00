// Text on a terminal: harmless, short, and styled.
import type { Environment, Output } from './terminal.ts';

/** Neutralises what could move the cursor, colour the screen or hide text: data comes from machines. */
export const harmless = (text: string): string =>
  text.replace(
    /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\x${character.codePointAt(0)!.toString(16).padStart(2, '0')}`,
  );

/** How long ago, as kubectl writes it: 42s, 5m, 3h, 2d. */
export function age(since: string | Date, now: number): string {
  const seconds = Math.max(0, Math.floor((now - new Date(since).getTime()) / 1000));
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3_600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}

/** How long it took, or has taken so far, in the units of `age`. */
export const took = (from: string, to: string | null, now: number): string =>
  to === null ? `${age(from, now)} so far` : age(from, new Date(to).getTime());

/** How long until then, to the nearest unit of `age`; `expired` when it is over. */
export function left(until: string, now: number): string {
  const seconds = (new Date(until).getTime() - now) / 1000;
  if (seconds <= 0) return 'expired';
  if (seconds < 120) return `in ${Math.ceil(seconds)}s`;
  if (seconds < 7_200) return `in ${Math.round(seconds / 60)}m`;
  if (seconds < 172_800) return `in ${Math.round(seconds / 3_600)}h`;
  return `in ${Math.round(seconds / 86_400)}d`;
}

/** How long until something should be over, or that it is late. */
export const until = (expected: string, now: number): string =>
  Date.parse(expected) > now ? left(expected, now) : 'later than usual';

/** CONTROL_PLANE as people write it: control-plane. */
export function word(value: string): string;
export function word(value: string | null | undefined): string | null;
export function word(value: string | null | undefined): string | null {
  return value?.toLowerCase().replaceAll('_', '-') ?? null;
}

/** control-plane, in any case, as the graph writes it. */
export const constant = (value: string): string => value.toUpperCase().replaceAll('-', '_');

/** Decimal gigabytes, as disks are sold. */
export const gigabytes = (size: number): string =>
  size >= 1000 ? `${+(size / 1000).toFixed(1)}T` : `${+size.toFixed(1)}G`;

const ordinals = new Intl.PluralRules('en', { type: 'ordinal' });
const endings: Readonly<Record<string, string>> = { one: 'st', two: 'nd', few: 'rd' };

/** `queued, 3rd of 5`: the place of an install that waits for its turn. */
export const turnText = ({ position, waiting }: { position: number; waiting: number }): string =>
  `queued, ${position}${endings[ordinals.select(position)] ?? 'th'} of ${waiting}`;

export type Style = 'bold' | 'dim' | 'green' | 'yellow' | 'red' | 'cyan';

const codes: Record<Style, number> = { bold: 1, dim: 2, green: 32, yellow: 33, red: 31, cyan: 36 };

/** Styles text when the stream is a terminal that shows colour, and NO_COLOR is not set. */
export function painter(
  stream: Pick<Output, 'isTTY'>,
  env: Environment,
): (text: string, style: Style | undefined) => string {
  const colours = stream.isTTY && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
  return (text, style) => (colours && style ? `\u001b[${codes[style]}m${text}\u001b[0m` : text);
}

/** Whether a stream is a terminal that can be drawn on: it has a size, and understands what moves its cursor. */
export const drawable = (stream: Output, env: Environment): boolean =>
  stream.isTTY === true && (stream.rows ?? 0) > 0 && env['TERM'] !== 'dumb';
