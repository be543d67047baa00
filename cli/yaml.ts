// YAML, loaded only by who needs it: always by dynamic import of this file.
export { parse, stringify } from 'yaml';
