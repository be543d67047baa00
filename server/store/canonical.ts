// A change as text that is always the same for the same row, whatever order a database keeps the keys of JSON in.
import type { Change } from './generated/client.ts';

/** Any value as JSON with its keys sorted; bigints as text, dates as ISO 8601. */
export function canonical(value: unknown): string {
  if (typeof value === 'bigint') return JSON.stringify(value.toString());
  if (value instanceof Date) return JSON.stringify(value.toISOString());
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`).join(',')}}`;
}

/**
 * What is sealed, in this order for good. Does not compile while the log has a column that is not: one that comes later
 * is to be left out where it is null, or it would break every older seal. Whether a refusal is closed says when it may
 * be sealed, and is none of what happened.
 */
const COLUMNS = Object.keys({
  rev: true,
  txId: true,
  n: true,
  kind: true,
  objectId: true,
  name: true,
  cloud: true,
  environment: true,
  operation: true,
  action: true,
  outcome: true,
  before: true,
  after: true,
  shape: true,
  actor: true,
  requestId: true,
  address: true,
  count: true,
  at: true,
} satisfies Record<Exclude<keyof Change, 'closed'>, true>) as (keyof Change)[];

/** Every column of a change, on one line. */
export const canonicalChange = (change: Change): string => canonical(COLUMNS.map((column) => change[column]));
