// What ends with a credential, on the command line: the same of tokens and of sessions.
import type { DependentsFragment } from '../generated/documents.ts';
import { word } from '../terminal/text.ts';
import { counted, hanging, type Hanging, type Section } from './kind.ts';

/** As lists that say how many there are. */
const listsOf = ({ tokens, tokenCount, sessions, sessionCount }: DependentsFragment) => ({
  tokens: { nodes: tokens, totalCount: tokenCount },
  sessions: { nodes: sessions, totalCount: sessionCount },
});

type Session = DependentsFragment['sessions'][number];

const sessionName = ({ purpose, address, user }: Session): string =>
  `${word(purpose)} of ${user?.name ?? '(hidden)'}${address ? ` from ${address}` : ''}`;

/** What goes when the credential is deleted. */
export function hangingDependents(dependents: DependentsFragment): Hanging[] {
  const { tokens, sessions } = listsOf(dependents);
  return [
    hanging('These tokens end with it', tokens, ({ name }) => `token/${name}`),
    hanging('These end with it', sessions, sessionName),
  ];
}

/** The part of a description; none when nothing was made with it. */
export function dependentSection(dependents: DependentsFragment): Section[] {
  const { tokens, sessions } = listsOf(dependents);
  const titles = [...tokens.nodes.map(({ name }) => `token/${name}`), ...sessions.nodes.map(sessionName)];
  if (titles.length === 0) return [];
  const all = { nodes: titles, totalCount: tokens.totalCount + sessions.totalCount };
  return [{ title: counted('Ends with it', all), below: titles.map((title) => ({ title })) }];
}
