// Stored queries: their text, and the hash that stands for it.
import { createHash } from 'node:crypto';
import { right } from '../../../common/checked.ts';
import { document, named, text } from '../objects/fields.ts';
import type { Inventory } from '../objects/objects.ts';

/** The SHA-256 of a document's text as it is, hexadecimal. */
const documentHash = (text: string): string => createHash('sha256').update(text).digest('hex');

export const storedQuery: Inventory = {
  kind: 'StoredQuery',
  noun: 'stored query',
  fields: {
    ...named,
    description: {
      type: text,
      absent: '',
      nullMeansAbsent: true,
      description: 'What the query is for, in a sentence for people.',
    },
    document: { type: document, required: true, description: 'The GraphQL document.' },
  },
  derive: ({ document: written }) => right(typeof written === 'string' ? { hash: documentHash(written) } : {}),
};
