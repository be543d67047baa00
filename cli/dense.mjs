// Generated documents as they are packed: what is typed by hand is laid out for people, what is sent need not be.
import { stripIgnoredCharacters } from 'graphql';

/** A document in a generated file. */
export const written = /new TypedDocumentString\(`([^`]*)`/g;

/**
 * The text of a generated file with its documents on one line each, and those marked as such that may be left out.
 * @param {string} source
 */
export const dense = (source) =>
  source.replaceAll(
    written,
    (_, text) => `/* @__PURE__ */ new TypedDocumentString(\`${stripIgnoredCharacters(text)}\``,
  );
