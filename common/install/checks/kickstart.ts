// Checks a kickstart as Anaconda would read it: one that it cannot read runs no handler of errors, and the machine stands still.
// What it says has no word of the kickstart that is not in its own tables, since that may be a secret.
import { commands, options, sections, trouble } from './kickstartCommands.ts';
import type { Checker } from './problem.ts';

/** What stands for itself at the beginning of a line, outside of sections. */
const INCLUDE = /^%include\s+\S+$/;
const PACKAGE = /^-?@?\^?[\w.+*:-]+$/;
/** Words as Python's shlex has them; a quote that is not closed matches nothing. */
const WORDS = /^(?:\s*(?:[^\s"'\\#]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+)*\s*(?:#.*)?$/;

/** A checker for one release of Fedora. */
export const checkKickstart =
  (release: number): Checker =>
  (text) => {
    const found: { line: number; problem: string }[] = [];
    let open: { name: string; line: number } | undefined;
    for (const [index, written] of text.split('\n').entries()) {
      const line = index + 1;
      const say = (problem: string) => found.push({ line, problem });
      if (open) {
        if (/^\s*%end\b/.test(written)) open = undefined;
        else inSection(open.name, written, say);
        continue;
      }
      const word = /^\s*(%?[^\s#]+)/.exec(written)?.[1];
      if (word === undefined) continue;
      if (!word.startsWith('%')) command(word, written, release, say);
      else if (!INCLUDE.test(written.trim())) open = begin(word.slice(1), line, release, say) ?? open;
    }
    if (open) found.push({ line: open.line, problem: `%${open.name} has no %end` });
    return found;
  };

type Say = (problem: string) => void;

function begin(name: string, line: number, release: number, say: Say): { name: string; line: number } | undefined {
  const section = sections.get(name);
  if (!section) {
    say(name === 'end' ? '%end ends no section' : 'begins no section that there is');
    return undefined;
  }
  const wrong = trouble(section, release);
  if (wrong !== undefined) say(`%${name} ${wrong}`);
  return { name, line };
}

function inSection(name: string, written: string, say: Say): void {
  const opened = /^%([\w-]+)/.exec(written)?.[1];
  if (opened !== undefined && sections.has(opened)) say(`%${opened} begins inside of %${name}, which has no %end`);
  const bare = written.replace(/#.*/, '').trim();
  if (sections.get(name)!.script || bare === '' || PACKAGE.test(bare)) return;
  say('is not the name of a package or a group');
}

function command(name: string, written: string, release: number, say: Say): void {
  const row = commands.get(name);
  const wrong = row ? trouble(row, release) : undefined;
  if (!row) say('begins with no command that there is');
  if (wrong !== undefined) say(`${name} ${wrong}`);
  if (!WORDS.test(written)) say('has a quote that is not closed');
  for (const [option] of written.matchAll(/(?<=\s)--[\w-]+/g)) {
    const about = trouble(options.get(`${name} ${option}`) ?? {}, release);
    if (about !== undefined) say(`${name} ${option} ${about}`);
  }
}
