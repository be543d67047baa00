// What may come next on a command line: commands, flags and their values, kinds, and names that labd knows.
import { kinds } from '../../schema/catalog.ts';
import { readConfig } from '../config/config.ts';
import { findKind } from '../kinds/index.ts';
import type { Completes } from '../command/command.ts';
import type { KindView, Row } from '../kinds/kind.ts';
import { send } from '../labd/http.ts';
import { findTarget } from '../labd/target.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { listPlugins } from '../command/plugins.ts';
import { findCommand } from '../command/route.ts';
import { type CommandData, manifest } from './manifest.ts';

/** A word, and what it is for. */
export interface Candidate {
  readonly word: string;
  readonly about?: string | undefined;
}

/** That the shell completes files here. */
const FILES = ':files';

/** Milliseconds that somebody who pressed a key waits for names. */
const PATIENCE = { silence: 1_000, starting: 0 };

/** Names that are offered at once. */
const MOST = 100;

type Flag = NonNullable<CommandData['flags'][string]>;

/** What comes after words that have been typed, for the beginning of the next one. */
export async function candidates(typed: readonly string[], terminal: Terminal): Promise<Candidate[]> {
  const current = typed.at(-1) ?? '';
  const before = typed.slice(0, -1);
  const fitting = (some: readonly Candidate[]) => some.filter(({ word }) => word.startsWith(current));
  const { commands } = manifest();
  const ids = Object.keys(commands).filter((id) => !commands[id]!.hidden);
  const found = findCommand(ids, before);
  if (!found) return fitting(nextWord(before, commands, terminal));
  const command = commands[found.id]!;
  const previous = before.length > typed.length - 1 - found.rest.length ? before.at(-1) : undefined;
  const flag = previous === undefined ? undefined : flagOf(command, previous);
  if (flag?.type === 'option') return fitting(await valuesOf(flag, { kind: undefined, typed, current, terminal }));
  // `get` is a command, and `get audit` another.
  const below = found.rest.length === 0 ? nextWord(before, commands, terminal) : [];
  if (current.startsWith('-')) return fitting(flagsOf(command, found.rest));
  return [...fitting(below), ...(await wordsOf(command, found.rest, { typed, current, terminal }))];
}

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

const flagOf = ({ flags }: CommandData, word: string): Flag | undefined =>
  Object.values(flags).find(({ name, char }) => word === `--${name}` || (char !== undefined && word === `-${char}`));

const flagsOf = (command: CommandData, rest: readonly string[]): Candidate[] =>
  Object.values(command.flags)
    .filter((flag) => flag.multiple || !rest.some((word) => flagOf(command, word) === flag))
    .map(({ name, description }) => ({ word: `--${name}`, about: description }));

/** What a flag may be given. */
async function valuesOf({ name, options }: Flag, asked: Asked): Promise<Candidate[]> {
  if (options) return options.map((word) => ({ word }));
  if (name === 'context')
    return (await readConfig(asked.terminal)).contexts.map(({ name: word, url }) => ({ word, about: url }));
  if (name === 'file') return [{ word: FILES }];
  const kind = kinds.find(({ field, verbs }) => field === name && verbs.length > 0)?.plural;
  return kind === undefined ? [] : namesOf(findKind(kind), asked);
}

/** Words that are no flags and no flags' values. */
function plainWords(command: CommandData, rest: readonly string[]): string[] {
  return rest.filter((word, n) => !word.startsWith('-') && flagOf(command, rest[n - 1] ?? '')?.type !== 'option');
}

const kindWords: readonly Candidate[] = kinds
  .filter(({ verbs }) => verbs.length > 0)
  .map(({ plural, about }) => ({ word: plural, about }));

interface Asked {
  /** The plain word before, if there is one: a kind, as a rule */
  readonly kind: string | undefined;
  readonly typed: readonly string[];
  readonly current: string;
  readonly terminal: Terminal;
}

const kindsOf = ({ kind, current }: Asked): Candidate[] =>
  kind === undefined ? kindWords.filter(({ word }) => word.startsWith(current)) : [];

/** What the words of a command may be. */
const completers: Record<Completes, (asked: Asked) => Candidate[] | Promise<Candidate[]>> = {
  files: () => [{ word: FILES }],
  kinds: kindsOf,
  servers: (asked) => namesOf(findKind('servers'), asked),
  queries: (asked) => namesOf(findKind('queries'), asked),
  async objects(asked) {
    const { kind, current } = asked;
    const [, before, name] = /^([^/]+\/)(.*)$/.exec(current) ?? [];
    if (before !== undefined) {
      const found = await namesOf(findKind(before.slice(0, -1)), { ...asked, current: name! });
      return found.map(({ word, about }) => ({ word: before + word, about }));
    }
    if (kind === undefined) return kindsOf(asked);
    return /[/,]/.test(kind) ? [] : namesOf(findKind(kind), asked);
  },
};

async function wordsOf(
  command: CommandData,
  rest: readonly string[],
  asked: Omit<Asked, 'kind'>,
): Promise<Candidate[]> {
  const before = plainWords(command, rest);
  if (command.completes !== undefined) return completers[command.completes]({ ...asked, kind: before[0] });
  const options = Object.values(command.args)[before.length]?.options ?? [];
  return options.filter((word) => word.startsWith(asked.current)).map((word) => ({ word }));
}

/** The flags that say which labd, wherever they are. */
const targetFlagsIn = (typed: readonly string[]) =>
  Object.fromEntries(
    ['context', 'labd', 'token'].map((name) => [name, typed.find((_, n) => typed[n - 1] === `--${name}`)]),
  );

/** Names of a kind that begin so, as labd knows them; none when it does not answer at once. */
async function namesOf(view: KindView, { current, typed, terminal }: Asked): Promise<Candidate[]> {
  const target = await findTarget(targetFlagsIn(typed), terminal);
  const variables = { first: MOST, wide: false, full: false, filter: { name: { startsWith: current } } };
  const { data } = await send(target, { query: view.documents.list.toString(), variables, known: true }, PATIENCE);
  const { page } = data as { page: { nodes: Row[] } };
  // Whatever would need quotes, or could steer the terminal, is nothing to complete.
  return page.nodes.filter(({ name }) => /^[\w.:@-]+$/.test(name)).map(({ name }) => ({ word: name }));
}
