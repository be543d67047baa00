// What may come next on a command line: commands, flags and their values, and what labd knows.
import type { Completes, Source } from '../command/command.ts';
import { ALONE, divideFlags, VALUED } from '../command/leadingFlags.ts';
import { listPlugins } from '../command/plugins.ts';
import { findCommand } from '../command/route.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { sourceOfFlag } from './flagSources.ts';
import { type CommandData, manifest } from './manifest.ts';
import { type Asked, candidatesFrom } from './sources.ts';

/** A word, and what it is for. */
export interface Candidate {
  readonly word: string;
  readonly about?: string | undefined;
}

type Flag = NonNullable<CommandData['flags'][string]>;

/** What comes after words that have been typed, for the beginning of the next one. */
export async function candidates(all: readonly string[], terminal: Terminal): Promise<Candidate[]> {
  const current = all.at(-1) ?? '';
  const { commands } = manifest();
  const { flags: leading, rest: before } = divideFlags(all.slice(0, -1));
  const asked = { all, terminal };
  const pending = leading.at(-1) ?? '';
  if (before.length === 0 && VALUED.includes(pending) && !VALUED.includes(leading.at(-2) ?? ''))
    return valuesOf(commands['get']!, pending, { ...asked, current, before: [], id: 'get' });
  if (before.length === 0 && current.startsWith('-')) return fitting(leadingFlags(commands['get']!), current);
  const ids = Object.keys(commands).filter((id) => !commands[id]!.hidden);
  const found = findCommand(ids, before);
  if (!found) return fitting(nextWord(before, commands, terminal), current);
  const command = commands[found.id]!;
  const context = { ...asked, current, before: plainWords(command, found.rest), id: found.id };
  const previous = found.rest.at(-1);
  if (previous !== undefined && flagOf(command, previous)?.type === 'option')
    return valuesOf(command, previous, context);
  // `--os=fedora`: the value is a part of the word.
  const [, given, value] = /^(--[\w-]+)=(.*)$/s.exec(current) ?? [];
  if (given !== undefined && flagOf(command, given)?.type === 'option')
    return within(`${given}=`, await valuesOf(command, given, { ...context, current: value! }));
  // `get` is a command, and `get audit` another.
  const below = found.rest.length === 0 ? nextWord(before, commands, terminal) : [];
  if (current.startsWith('-')) return fitting(flagsOf(command, found.rest), current);
  return [...fitting(below, current), ...(await wordsOf(command, context))];
}

const fitting = (some: readonly Candidate[], current: string): Candidate[] =>
  some.filter(({ word }) => word.startsWith(current));

/** Candidates for the end of a word that begins so; files stay what they are, since the shell knows where they begin. */
const within = (begin: string, some: readonly Candidate[]): Candidate[] =>
  some.map(({ word, about }) => ({ word: word.startsWith(':') ? word : begin + word, about }));

/** Commands, by the words that are already there. */
function nextWord(
  before: readonly string[],
  commands: Readonly<Record<string, CommandData>>,
  { env }: Terminal,
): Candidate[] {
  const found = new Map<string, Candidate>();
  for (const [id, { summary, hidden }] of Object.entries(commands)) {
    const words = id.split(':');
    if (hidden || before.some((word, n) => word !== words[n]) || words.length <= before.length) continue;
    const word = words[before.length]!;
    if (!found.has(word)) found.set(word, words.length === before.length + 1 ? { word, about: summary } : { word });
  }
  if (before.length === 0) {
    for (const { name, file } of listPlugins(env)) {
      const word = name.split(' ')[0]!;
      if (!found.has(word)) found.set(word, { word, about: file });
    }
  }
  return [...found.values()];
}

/** Flags that may stand before the command. */
const leadingFlags = ({ flags }: CommandData): Candidate[] =>
  [...VALUED, ...ALONE]
    .filter((flag) => flag.startsWith('--'))
    .map((flag) => ({ word: flag, about: flags[flag.slice(2)]?.description }));

const flagOf = ({ flags }: CommandData, word: string): Flag | undefined =>
  Object.values(flags).find(({ name, char }) => word === `--${name}` || (char !== undefined && word === `-${char}`));

const flagsOf = (command: CommandData, rest: readonly string[]): Candidate[] =>
  Object.values(command.flags)
    .filter((flag) => flag.multiple || !rest.some((word) => flagOf(command, word) === flag))
    .map(({ name, description }) => ({ word: `--${name}`, about: description }));

/** What a flag may be given. */
async function valuesOf(command: CommandData, typed: string, asked: Asked): Promise<Candidate[]> {
  const { name, options } = flagOf(command, typed)!;
  const source: Source = options ? { of: options } : sourceOfFlag(name, asked);
  return candidatesFrom(source, asked);
}

/** Words that are no flags and no flags' values. */
function plainWords(command: CommandData, rest: readonly string[]): string[] {
  return rest.filter((word, n) => !word.startsWith('-') && flagOf(command, rest[n - 1] ?? '')?.type !== 'option');
}

/** What the word at a place may be: the last that is said holds for all that follow. */
function sourcesAt(completes: Completes, at: number): readonly Source[] {
  if (!Array.isArray(completes)) return [completes as Source];
  const places = completes as readonly (Source | readonly Source[])[];
  return [places[Math.min(at, places.length - 1)] ?? []].flat();
}

async function wordsOf(command: CommandData, asked: Asked): Promise<Candidate[]> {
  const at = asked.before.length;
  const { options } = Object.values(command.args)[at] ?? {};
  const sources = command.completes === undefined ? [] : sourcesAt(command.completes, at);
  const all = [...sources, ...(options ? [{ of: options }] : [])];
  return (await Promise.all(all.map((source) => candidatesFrom(source, asked)))).flat();
}
