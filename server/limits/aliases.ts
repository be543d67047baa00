// How many aliases a document may have: with them one field is asked for many times over.
import { visit } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { LimitExceeded } from './exceeded.ts';
import { onceParsed } from './parsed.ts';

/** Refuses documents of more than `maxAliases` aliases. */
export function useAliasLimit(maxAliases: number): Plugin {
  return onceParsed((document) => {
    let aliases = 0;
    visit(document, { Field: ({ alias }) => void (aliases += alias === undefined ? 0 : 1) });
    if (aliases <= maxAliases) return;
    throw new LimitExceeded({
      code: 'TOO_MANY_ALIASES',
      status: 400,
      message: `The document has ${aliases.toLocaleString('en')} aliases, more than ${maxAliases.toLocaleString('en')}: split it, or ask for a list with a filter`,
    });
  });
}
