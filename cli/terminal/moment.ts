// Moments as flags take them.
import { hasFourDigitYear, MOMENTS, OTHER_YEARS, parseMoment } from '../../common/moment.ts';
import { CliError } from './errors.ts';
import type { Terminal } from './terminal.ts';

/**
 * The moment that a flag names, as labd takes it. Of a day, tells on standard error which moment is meant. Throws a usage
 * error that names the flag.
 */
export function moment(flag: string, text: string, { err, now }: Pick<Terminal, 'err' | 'now'>): string {
  const wrong = (problem: string) => new CliError('usage', `--${flag}: "${text}" ${problem}.`, `Write ${MOMENTS}.`);
  const written = parseMoment(text);
  if ('problem' in written) throw wrong(written.problem);
  const at = 'ago' in written ? now() - written.ago : written.at;
  if (!hasFourDigitYear(at)) throw wrong(OTHER_YEARS);
  const meant = new Date(at).toISOString();
  if ('day' in written && written.day) err.write(`--${flag}: ${text} is ${meant.replace('.000', '')}.\n`);
  return meant;
}
