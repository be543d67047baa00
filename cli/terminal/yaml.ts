// YAML, loaded only by who needs it: always by dynamic import of this file.
import { Document, visit } from 'yaml';

export { isMap, isScalar, isSeq, LineCounter, parse, parseAllDocuments } from 'yaml';

/** What readers of YAML 1.1 take for something else, the end of a line, or an indent, unless it is in double quotes. */
const UNSAFE = /^=$|^[ \n]|\n +(?:\n|$)|[\t\u007f-\u009f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]/;
/** What may not stand in YAML 1.1 as it is, not even in quotes. */
const UNPRINTABLE = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** A value as YAML that reads the same with YAML 1.2 and 1.1: there `no`, `on` and 12:30 are texts in quotes alone. */
export function stringify(value: unknown): string {
  const document = new Document(value, { compat: 'yaml-1.1' });
  visit(document, {
    Scalar(_key, scalar) {
      if (typeof scalar.value === 'string' && UNSAFE.test(scalar.value)) scalar.type = 'QUOTE_DOUBLE';
    },
  });
  return document.toString().replaceAll(UNPRINTABLE, escaped);
}
