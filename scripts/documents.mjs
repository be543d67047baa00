// The documents of lab and lab-bastion as they are sent, and the list of them by hash that labd carries.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Kind, parse, stripIgnoredCharacters } from 'graphql';

/** A document in a generated file. */
const written = /new TypedDocumentString\(`([^`]*)`/g;

/** The document of a fragment alone, condensed: no program asks for one. */
const fragmentAlone = /^export const \w+FragmentDoc = .*\n/gm;

/** What many documents have word for word, by the constant that it is put into: a command loads the documents of all. */
const phrases = Object.entries({
  phraseFollow: '$after:Revision$wide:Boolean!$full:Boolean!){event:',
  phraseFilter: '(filter:$filter after:$after){__typename ...on ',
  phraseEnds: '...on Bookmark{revision}...on Reset{revision reason}}}',
  phraseFirst: '$first:Int!$after:String$filter:',
  phrasePlace: 'cloud environment revision version conditions{type status detail reason message since}',
  phraseShape: '$wide:Boolean!$full:Boolean!$at:Revision){',
  phrasePage: '(first:$first after:$after filter:$filter orderBy:$orderBy at:$at){nodes{...',
  phrasePageInfo: 'pageInfo{hasNextPage endCursor}',
  phraseLatest: 'orderBy:{field:CREATED_AT direction:DESC}',
  phraseChanged: '(by:$by){__typename ...',
  phraseObject: '{revision object:',
  phraseWide: '@include(if:$wide)',
  phraseMade: '{id name}...Problem}}',
  phraseConditions: 'conditions{type status detail message since}',
});

/**
 * A text with a reference in place of each phrase.
 * @param {string} text
 */
const inPhrases = (text) =>
  phrases.reduce((rest, [constant, phrase]) => rest.replaceAll(phrase, () => `\${${constant}}`), text);

/**
 * Lays the documents of a generated file on one line each, and what several of them have in common in one place: what is
 * typed by hand is laid out for people, what is sent need not be. Tests that run lab from its sources send the same as
 * its build.
 * @param {string} file
 */
export function condenseDocuments(file) {
  const fragments = new Map();
  const condensed = readFileSync(file, 'utf8').replaceAll(written, (_, text) => {
    const whole = stripIgnoredCharacters(text);
    const parts = parse(whole).definitions.map((definition) => {
      const part = whole.slice(definition.loc?.start, definition.loc?.end);
      if (definition.kind !== Kind.FRAGMENT_DEFINITION) return inPhrases(part);
      const constant = `fragment${definition.name.value}`;
      fragments.set(constant, inPhrases(part));
      return `\${${constant}}`;
    });
    return `new TypedDocumentString(\`${parts.join('')}\``;
  });
  const documents = condensed.replaceAll(fragmentAlone, '');
  const used = phrases.filter(([constant]) =>
    [documents, ...fragments.values()].some((text) => text.includes(constant)),
  );
  const shared = [...used, ...fragments].map(([constant, text]) => `const ${constant} = \`${text}\`;\n`);
  writeFileSync(file, shared.join('') + documents);
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
