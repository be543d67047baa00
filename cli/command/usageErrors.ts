// What is wrong with the words that were typed, told in one line each, with what to type next.
import { CliError } from '../terminal/errors.ts';
import { closest } from '../kinds/index.ts';
import { self } from '../terminal/programName.ts';

/** What oclif's parser says, and how we say it. */
const words: readonly (readonly [said: RegExp, ours: string])[] = [
  [/^The following errors? occurred: /, ''],
  [/Missing required flag (?!-)/g, 'Missing required flag --'],
  [/^Missing \d+ required args?: (\S+)\s.*$/, 'Missing $1'],
  [/^Nonexistent flags?: /, 'There is no flag '],
  [/^Unexpected arguments?: (.*)$/, '"$1" is too much'],
  [/^Parsing (--\S+) Expected (.*) but received: (.*)$/, '$1 "$3" is not $2'],
  [/^Expected (--\S+)=(.*) to be one of: /, '$1 "$2" is none of: '],
  [/^Expected (.*) to be one of: /, '"$1" is none of: '],
  [/^Flag (--\S+) /, '$1 '],
];

/** What oclif's parser found wrong with a command's words, as a usage error; undefined for errors of any other kind. */
export function complaint(error: unknown, id: string): CliError | undefined {
  const { message, oclif } = error as { message: string; oclif?: { exit?: number } };
  if (oclif?.exit === undefined) return undefined;
  const line = message
    .replace(/\n?See more help with --help\s*$/, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
  const ours = words.reduce((text, [said, instead]) => text.replace(said, instead), line);
  return new CliError('usage', `${ours}.`, `See: ${self()} ${id.replace(':', ' ')} --help`);
}

/** What people type who know kubectl or gh, and what it is here. */
const elsewhere: Readonly<Record<string, string>> = {
  'create -f': 'apply -f FILE',
  'auth login': 'login',
  'auth logout': 'logout',
  'auth status': 'auth whoami',
  whoami: 'auth whoami',
  patch: 'edit KIND NAME, or apply -f FILE',
  replace: 'apply -f FILE',
  annotate: 'label KIND NAME KEY=VALUE',
  'cluster-info': 'doctor',
  plugins: 'plugin list',
};

const known = (typed: readonly string[]): string | undefined =>
  [2, 1].map((length) => typed.slice(0, length).join(' ')).find((begin) => Object.hasOwn(elsewhere, begin));

/** That there is no such command, and which was probably meant. */
export function unknownCommand(typed: readonly string[], ids: readonly string[]): CliError {
  const [first, second] = typed.filter((word) => !word.startsWith('-'));
  const firsts = [...new Set(ids.map((id) => id.split(':')[0]!))];
  // `lab create frob`: the first word is right, the second is not.
  const below = ids.filter((id) => id.startsWith(`${first}:`)).map((id) => id.split(':')[1]!);
  const [wrong, choices, before] = below.length > 0 && second ? [second, below, `${first} `] : [first, firsts, ''];
  if (typed[0]?.startsWith('-')) {
    return new CliError(
      'usage',
      `Flags come after the command: "${typed[0]}" is the first word.`,
      `See: ${self()} --help`,
    );
  }
  const other = known(typed);
  if (other) return new CliError('usage', `lab has no command "${other}".`, `Use: ${self()} ${elsewhere[other]}`);
  const meant = closest(wrong ?? '', choices);
  const guess = meant ? ` Did you mean "${before}${meant}"?` : '';
  return new CliError('usage', `lab has no command "${before}${wrong}".${guess}`, `See: ${self()} ${before}--help`);
}
