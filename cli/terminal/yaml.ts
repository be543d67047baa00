// YAML, loaded only by who needs it: always by dynamic import of this file.
export { isMap, isScalar, isSeq, LineCounter, parse, parseAllDocuments, stringify } from 'yaml';
