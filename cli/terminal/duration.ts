// Lengths of time as people write them: 90d, 12h, 30m, 45s.
import { UNITS } from '../../common/moment.ts';
import { CliError } from './errors.ts';

/** How long to wait, in seconds: plain seconds, or lengths one after the other, such as 1h30m. Throws a usage error. */
export function patience(text: string): number {
  if (/^\d{1,8}$/.test(text)) return Number(text);
  const parts = text.match(/\d+[smhd]/g) ?? [];
  if (parts.join('') === text && parts.length > 0) return parts.reduce((sum, one) => sum + seconds('timeout', one), 0);
  throw new CliError(
    'usage',
    `--timeout: "${text}" is not a length of time.`,
    'Write seconds, such as 60, or one such as 45s, 30m, 1h30m or 2d.',
  );
}

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
