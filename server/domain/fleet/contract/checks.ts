// Checks and normalises single values of the uplink's input, so that they may go into the database as they are. Refuses
// others with the path of the field.
import { hostAddress } from '../../../../common/address.ts';
import { InvalidInput } from '../../errors.ts';
import { parseHardwareAddress } from '../../../../common/mac.ts';

/** Items in a batch, reports in a part of a snapshot, characters of a text and of a message, lines of output and characters of one. */
export const limits = {
  items: 200,
  reports: 200,
  text: 256,
  message: 4_096,
  lines: 1_000,
  line: 4_096,
} as const;

/** At most so many. */
export function count(given: readonly unknown[], path: string, most: number): void {
  if (given.length > most)
    throw new InvalidInput(path, `There are ${given.length} here, and ${most} at most are taken.`, 'Send fewer.');
}

/** A whole number from 0 to 2^53 - 1. */
export function counter(value: number, path: string): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new InvalidInput(path, `${value} is not a whole number from 0 to 2^53 - 1.`, 'Send a whole number.');
}

/** The range of dates that databases can store, which is smaller than JavaScript's. */
export function moment(value: Date, path: string): Date {
  const year = value instanceof Date ? value.getUTCFullYear() : Number.NaN;
  if (year >= 1970 && year <= 9999) return value;
  throw new InvalidInput(
    path,
    'This is no moment of the years 1970 to 9999.',
    'Give one such as 2026-01-31T12:00:00Z.',
  );
}

/** A MAC address, normalised. */
export function mac(value: string, path: string): string {
  const parsed = parseHardwareAddress(value);
  if ('mac' in parsed) return parsed.mac;
  throw new InvalidInput(
    path,
    `"${value.slice(0, 40)}" ${parsed.problem}.`,
    'Send the address of one network interface, such as 38:05:25:33:e2:e4.',
  );
}

/** A host's address, without a prefix length or a zone. */
export function address(value: string | null | undefined, path: string): string | null {
  if (value == null || value.trim() === '') return null;
  const found = hostAddress(value.trim());
  if (found !== undefined) return found;
  throw new InvalidInput(
    path,
    `"${value.slice(0, 60)}" is not an IP address.`,
    'Send an address such as 192.168.8.20, or leave the field out.',
  );
}

/** A text that databases take: NUL, the separator of arrays and halves of surrogate pairs replaced; cut when too long. */
export function text(value: string | null | undefined, most: number): string | undefined {
  if (value == null) return undefined;
  const cut = value.length > most ? `${value.slice(0, most - 1)}…` : value;
  return Buffer.from(cut, 'utf8')
    .toString('utf8')
    .replaceAll(/[\0\u001f]/g, '\ufffd');
}

/** A text of one line, trimmed. */
export function short(value: string | null | undefined, path: string): string | undefined {
  if (value != null && value.length > limits.text) {
    throw new InvalidInput(
      path,
      `This has ${value.length} characters, and ${limits.text} at most are taken.`,
      'Send a shorter text.',
    );
  }
  return text(value, limits.text)?.trim();
}

/** The same, and not empty. */
export function required(value: string, path: string): string {
  const trimmed = short(value, path);
  if (trimmed) return trimmed;
  throw new InvalidInput(path, 'This is empty.', 'Give it a value.');
}

/** A SHA-256 in hexadecimal; null when it is not given. */
export function hash(value: string | null | undefined, path: string): string | null {
  if (value == null) return null;
  if (/^[0-9a-f]{64}$/.test(value)) return value;
  // Not quoted: what was taken for it may be a secret.
  throw new InvalidInput(path, 'This is not a SHA-256.', 'Send 64 hexadecimal digits in lower case.');
}
