// Says what is wrong with a command line, in one line and with what to type next.
import {
  ArgInvalidOptionError,
  CLIError,
  type CLIParseError,
  FailedFlagValidationError,
  FlagInvalidOptionError,
  NonExistentFlagsError,
  RequiredArgsError,
  UnexpectedArgsError,
  // oclif gives out no other name for this file; all of oclif would have to be loaded to get at these classes.
} from '../../node_modules/@oclif/core/lib/parser/errors.js';
import { CliError } from '../terminal/errors.ts';
import { nearest } from '../../common/nearest.ts';
import { WrongFlagValue } from './flags.ts';

/** What oclif's parser made of the words, which its errors carry. */
type Parsed = CLIParseError['parse'];

/** What flags that were given, or were not, ask of each other: oclif's error has that in its message alone. */
function flagProblems({ input, output }: Parsed): string[] {
  const given = (output?.flags ?? {}) as Record<string, unknown>;
  const metadata = output?.metadata.flags ?? {};
  const isTyped = (name: string) => given[name] !== undefined && metadata[name]?.setFromDefault !== true;
  const names = (rules: readonly (string | { name: string })[]) =>
    rules.map((rule) => (typeof rule === 'string' ? rule : rule.name));
  return Object.entries(input?.flags ?? {}).flatMap(([name, { required, exclusive = [], dependsOn = [] }]) => {
    if (given[name] === undefined) return required ? [`Missing required flag --${name}`] : [];
    const other = isTyped(name) ? names(exclusive).find(isTyped) : undefined;
    const needed = names(dependsOn);
    return [
      ...(needed.some((one) => given[one] === undefined)
        ? [`All of the following must be provided when using --${name}: ${needed.map((one) => `--${one}`).join(', ')}`]
        : []),
      ...(other === undefined
        ? []
        : [`--${other}=${String(given[other])} cannot also be provided when using --${name}`]),
    ];
  });
}

type Words = (error: never) => string;

/** How each of oclif's errors is worded, the special ones before the class that they are of. */
const wordings = new Map<abstract new (...args: never[]) => Error, Words>([
  [WrongFlagValue, ({ flag, value, expected }: WrongFlagValue) => `--${flag} "${value}" is not ${expected}`],
  [RequiredArgsError, ({ args }: RequiredArgsError) => `Missing ${args[0]!.name}`],
  [UnexpectedArgsError, ({ args }: UnexpectedArgsError) => `"${args.join(', ')}" is too much`],
  [NonExistentFlagsError, ({ flags }: NonExistentFlagsError) => `There is no flag ${flags.join(', ')}`],
  [
    FailedFlagValidationError,
    ({ parse, message }: FailedFlagValidationError) => [...new Set(flagProblems(parse))].sort().join(' ') || message,
  ],
  // These two have the value and the choices nowhere but in their message.
  [
    FlagInvalidOptionError,
    ({ message }: Error) => message.replace(/^Expected (--\S+)=(.*) to be one of: /s, '$1 "$2" is none of: '),
  ],
  [
    ArgInvalidOptionError,
    ({ message }: Error) => message.replace(/^Expected (.*) to be one of: /s, '"$1" is none of: '),
  ],
  [CLIError, ({ message }: Error) => message.replace(/^Flag (?=--)/, '')],
]);

/** What oclif's parser found wrong with a command's words, as a usage error; undefined for errors of any other kind. */
export function usageErrorOf(error: unknown, id: string): CliError | undefined {
  const words = [...wordings].find(([kind]) => error instanceof kind)?.[1];
  if (!words) return undefined;
  const line = words(error as never)
    .replace(/\n?See more help with --help\s*$/, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return new CliError('usage', `${line}.`, (lab) => `See: ${lab} ${id.replace(':', ' ')} --help`);
}

/** What people who know kubectl or gh type, and the command of lab that does it. */
const otherTools: Readonly<Record<string, string>> = {
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
  [2, 1].map((length) => typed.slice(0, length).join(' ')).find((begin) => Object.hasOwn(otherTools, begin));

/** The first word that no command has there, those that commands have, and what is before it: `lab create frob`. */
function wrongWord(words: readonly string[], ids: readonly string[], before = ''): WrongWord {
  const [first, ...rest] = words;
  const choices = [...new Set(ids.map((id) => id.split(':')[0]!))];
  const below = ids.filter((id) => id.startsWith(`${first}:`)).map((id) => id.slice(`${first}:`.length));
  if (below.length > 0 && rest.length > 0) return wrongWord(rest, below, `${before}${first} `);
  return { wrong: first, choices, before };
}

interface WrongWord {
  readonly wrong: string | undefined;
  readonly choices: readonly string[];
  readonly before: string;
}

/** That there is no such command, and which was probably meant. */
export function unknownCommand(typed: readonly string[], ids: readonly string[]): CliError {
  const words = typed.filter((word) => !word.startsWith('-'));
  const { wrong, choices, before } = wrongWord(words, ids);
  if (typed[0]?.startsWith('-')) {
    return new CliError(
      'usage',
      `Flags come after the command: "${typed[0]}" is the first word.`,
      (lab) => `See: ${lab} --help`,
    );
  }
  const other = known(typed);
  if (other)
    return new CliError('usage', `lab has no command "${other}".`, (lab) => `Use: ${lab} ${otherTools[other]}`);
  const meant = nearest(wrong ?? '', choices);
  const guess = meant ? ` Did you mean "${before}${meant}"?` : '';
  return new CliError(
    'usage',
    `lab has no command "${before}${wrong}".${guess}`,
    (lab) => `See: ${lab} ${before}--help`,
  );
}
