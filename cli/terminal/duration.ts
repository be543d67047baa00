// Lengths of time as people write them: 90d, 12h, 30m, 45s.
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
