// How many directives a document may have.
import { visit } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { LimitExceeded } from './exceeded.ts';
import { onceParsed } from './parsed.ts';

/** Refuses documents of more than `maxDirectives` directives. */
export function useDirectiveLimit(maxDirectives: number): Plugin {
  return onceParsed((document) => {
    let directives = 0;
    visit(document, { Directive: () => void directives++ });
    if (directives <= maxDirectives) return;
    throw new LimitExceeded({
      code: 'TOO_MANY_DIRECTIVES',
      status: 400,
      message: `The document has ${directives.toLocaleString('en')} directives, more than ${maxDirectives.toLocaleString('en')}: put one on a fragment instead of one on each of its fields`,
    });
  });
}
