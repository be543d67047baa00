// Rows as the change log keeps them: JSON that means the same on every engine and in every version.
import type { Prisma } from './generated/client.ts';

/** Never in the log, of whatever kind: what proves an identity, and what is secret. */
const SECRET = new Set(['passwordHash', 'tokenHash', 'secretHash', 'privateKey', 'ciphertext']);

/**
 * A row as JSON: bigints and decimals as strings, dates as ISO 8601 in UTC, undefined left out, secrets dropped,
 * relations (objects that are not JSON columns) kept as they are given.
 */
export function toRow(row: object, secrets: readonly string[] = []): Prisma.JsonObject {
  const result: Record<string, Prisma.JsonValue> = {};
  for (const [key, value] of Object.entries(row)) {
    if (value === undefined || SECRET.has(key) || secrets.includes(key)) continue;
    result[key] = toJson(value);
  }
  return result;
}

function toJson(value: unknown): Prisma.JsonValue {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Date) return value.toISOString();
  if (value === undefined || value === null) return null;
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(toJson);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  // Prisma's Decimal, which is no plain object.
  if (Object.getPrototypeOf(value) !== Object.prototype && Object.getPrototypeOf(value) !== null) return String(value);
  return toRow(value);
}
