// Lengths of time as people write them, 90d, 12h, 30m, 45s, and moments: so long ago, or as ISO 8601 has them.
import { CliError } from './errors.ts';

const units = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;

/** Seconds. Throws a usage error that names the flag. */
export function seconds(flag: string, text: string): number {
  const [, count, unit] = /^([1-9]\d{0,7})([smhd])$/.exec(text) ?? [];
  if (count !== undefined && unit !== undefined) return Number(count) * units[unit as keyof typeof units];
  throw new CliError(
    'usage',
    `--${flag}: "${text}" is not a length of time.`,
    'Write one such as 90d, 12h, 30m or 45s.',
  );
}

/** A moment as people write it: ISO 8601, or how long ago. Throws a usage error that names the flag. */
export function moment(flag: string, text: string, now: number): string {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const time = count === undefined ? Date.parse(text) : now - Number(count) * units[unit as keyof typeof units] * 1000;
  if (!Number.isNaN(time)) return new Date(time).toISOString();
  throw new CliError(
    'usage',
    `--${flag}: "${text}" is no moment.`,
    'Write one such as 2026-01-31T12:00:00Z, or how long ago, such as 2h.',
  );
}
