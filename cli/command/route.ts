// From the words that were typed to a command, or to a page of help.
import { kinds } from '../../schema/catalog.ts';

export interface Found {
  readonly id: string;
  /** The words after those that name the command */
  readonly rest: string[];
}

/** The second word of an id as the catalog has it, when it is another name of a kind: `create:net` is create:network. */
function known(typed: string): string {
  const [verb, kind, ...more] = typed.split(':');
  if (more.length > 0) return typed;
  const meant = kinds.find(({ plural, aliases }) => [plural, ...aliases].includes(kind ?? ''));
  return meant ? `${verb}:${meant.field}` : typed;
}

/** The command whose first words, three at most, these are; undefined when there is none. */
export function findCommand(ids: readonly string[], words: readonly string[]): Found | undefined {
  for (const length of [3, 2, 1]) {
    const typed = words.slice(0, length).join(':');
    const id = [typed, known(typed)].find((one) => ids.includes(one));
    if (id) return { id, rest: words.slice(length) };
  }
  return undefined;
}

/** Words that have commands below them, and do nothing by themselves. */
const isTopic = (words: readonly string[]): boolean =>
  ['audit', 'auth', 'bastion', 'bastion files', 'config', 'create', 'plugin', 'query'].includes(words.join(' '));

/** The words to hand to oclif when help, or the version, is asked for; undefined when a command is. */
export function helpFor(words: readonly string[]): string[] | undefined {
  const [first, ...rest] = words;
  if (first === undefined) return ['--help'];
  if (first === 'help') return [...rest.filter((word) => !word.startsWith('-')), '--help'];
  if (first === '--version') return [first];
  if (isTopic(words)) return [...words];
  const own = words.includes('--') ? words.slice(0, words.indexOf('--')) : words;
  if (!own.includes('--help') && !own.includes('-h')) return undefined;
  return [...own.filter((word) => !word.startsWith('-')), '--help'];
}
