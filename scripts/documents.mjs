// The documents of lab and lab-bastion as they are sent, and the list of them by hash that labd carries.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { stripIgnoredCharacters } from 'graphql';

/** A document in a generated file. */
const written = /new TypedDocumentString\(`([^`]*)`/g;

/**
 * Lays the documents of a generated file on one line each, and marks them as such that may be left out: what is typed by
 * hand is laid out for people, what is sent need not be. Tests that run lab from its sources send the same as its build.
 * @param {string} file
 */
export function condenseDocuments(file) {
  const condensed = readFileSync(file, 'utf8').replaceAll(
    written,
    (_, text) => `/* @__PURE__ */ new TypedDocumentString(\`${stripIgnoredCharacters(text)}\``,
  );
  writeFileSync(file, condensed);
}

/**
 * Writes `{hash: text}` of all documents in generated files; the hash is the SHA-256 of the text, hexadecimal.
 * @param {string[]} files
 * @param {string} target
 */
export function writeKnownDocuments(files, target) {
  const texts = files.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(written)].map(([, text]) => stripIgnoredCharacters(text)),
  );
  // A fragment alone is nothing to run.
  const operations = texts.filter((text) => /^(query|mutation|subscription)\b/.test(text)).toSorted();
  const known = Object.fromEntries(operations.map((text) => [createHash('sha256').update(text).digest('hex'), text]));
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, `${JSON.stringify(known, null, 1)}\n`);
}
