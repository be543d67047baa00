// Runs a check on each document once, right after it was parsed; a cached document has passed already.
import type { DocumentNode } from 'graphql';
import type { Plugin } from 'graphql-yoga';

/** A plugin that has `check` throw on documents that are not to go on. Several look in the order of their plugins. */
export function onceParsed(check: (document: DocumentNode) => void): Plugin {
  return {
    onParse({ parseFn, setParseFn }) {
      setParseFn((...given) => {
        const document = parseFn(...given) as DocumentNode;
        check(document);
        return document;
      });
    },
  };
}
