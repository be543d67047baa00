// The limits that labd can be told at its start: what one operation may ask for.
import { LIMITS, type Limits } from './limits.ts';

/** A limit that is a setting: its variable, what it counts, and from where to where it may be set. */
export interface LimitSetting {
  variable: string;
  limit: keyof Limits;
  meaning: string;
  min: number;
  max: number;
  /** How many of the limit's units one of it is. Default 1. */
  unit?: number;
}

export const LIMIT_SETTINGS: readonly LimitSetting[] = [
  // A batch of a bastion's is 128 KB, and travels in a request.
  {
    variable: 'LABD_MAX_BYTES',
    limit: 'maxBytes',
    meaning: 'bytes of a request',
    min: 160 * 1024,
    max: 64 * 1024 ** 2,
  },
  // The parser calls itself, and has no stack for much more.
  { variable: 'LABD_MAX_TOKENS', limit: 'maxTokens', meaning: 'tokens of a document', min: 1, max: 20_000 },
  { variable: 'LABD_MAX_ALIASES', limit: 'maxAliases', meaning: 'aliases in a document', min: 0, max: 20_000 },
  { variable: 'LABD_MAX_DEPTH', limit: 'maxDepth', meaning: 'fields below one another', min: 1, max: 1_000 },
  { variable: 'LABD_MAX_DIRECTIVES', limit: 'maxDirectives', meaning: 'directives in a document', min: 0, max: 20_000 },
  {
    variable: 'LABD_MAX_CONDITIONS',
    limit: 'maxConditions',
    meaning: 'conditions in arguments, with variables in place',
    min: 1,
    max: 20_000,
  },
  { variable: 'LABD_MAX_COST', limit: 'maxCost', meaning: 'objects that an answer may hold', min: 1, max: 1e9 },
  {
    variable: 'LABD_TIME_LIMIT',
    limit: 'timeLimit',
    meaning: 'seconds for an answer',
    min: 1,
    max: 3_600,
    unit: 1_000,
  },
];

/** What `labd --help` says of them. */
export const limitHelp = LIMIT_SETTINGS.map(
  ({ variable, limit, meaning, unit = 1 }) =>
    `  ${variable.padEnd(22)} ${meaning}, at most (${LIMITS[limit] / unit})\n`,
).join('');
