// Lengths of time as people write them: 90d, 12h, 30m, 45s.
import { UNITS } from '../../common/moment.ts';
import { CliError } from './errors.ts';

/** Seconds. Throws a usage error that names the flag. */
export function seconds(flag: string, text: string): number {
  const [, count, unit] = /^([1-9]\d{0,7})([smhd])$/.exec(text) ?? [];
  if (count !== undefined && unit !== undefined) return (Number(count) * UNITS[unit as keyof typeof UNITS]) / 1_000;
  throw new CliError(
    'usage',
    `--${flag}: "${text}" is not a length of time.`,
    'Write one such as 90d, 12h, 30m or 45s.',
  );
}
