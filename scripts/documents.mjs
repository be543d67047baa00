// The documents of lab and lab-bastion as they are sent, and the list of them by hash that labd carries.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { dense, written } from '../cli/dense.mjs';

/**
 * Writes `{hash: text}` of all documents in generated files; the hash is the SHA-256 of the text, hexadecimal.
 * @param {string[]} files
 * @param {string} target
 */
export function writeKnownDocuments(files, target) {
  const texts = files.flatMap((file) =>
    [...dense(readFileSync(file, 'utf8')).matchAll(written)].map(([, text]) => text),
  );
  // A fragment alone is nothing to run.
  const operations = texts.filter((text) => /^(query|mutation|subscription)\b/.test(text)).toSorted();
  const known = Object.fromEntries(operations.map((text) => [createHash('sha256').update(text).digest('hex'), text]));
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, `${JSON.stringify(known, null, 1)}\n`);
}
