// Stored queries: their text, and the hash that stands for it.
import { createHash } from 'node:crypto';
import type { Writer } from '../../store/types.ts';
import { type Input, type Inventory, namedColumns, type Permissions, type Row } from '../objects/objects.ts';
import { checkText } from '../objects/validate.ts';

/** The SHA-256 of a document's text as it is, hexadecimal. */
export const documentHash = (text: string): string => createHash('sha256').update(text).digest('hex');

export const storedQuery: Inventory = {
  kind: 'StoredQuery',
  noun: 'stored query',
  columns(_tx: Writer, input: Input, before: Row | null, may: Permissions) {
    const data = namedColumns(input, before, may);
    if (input['description'] !== undefined)
      data['description'] = checkText('input.description', (input['description'] as string | null) ?? '');
    // Whether it is a document that this labd can run is looked at before, by who knows GraphQL.
    if (input['document'] != null) {
      data['document'] = input['document'];
      data['hash'] = documentHash(input['document'] as string);
    }
    return data;
  },
};
