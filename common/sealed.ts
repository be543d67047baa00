// Texts that hold their own checksum, since disks rot.
import { crc32 } from 'node:zlib';

/** Eight hex digits. */
export const checksum = (text: string): string => crc32(text).toString(16).padStart(8, '0');

/** An object as JSON that holds its own checksum. */
export function seal(value: object): string {
  const json = JSON.stringify(value);
  return `${json.slice(0, -1)},"checksum":"${checksum(json)}"}\n`;
}

const SEAL = /,"checksum":"([0-9a-f]{8})"\}\s*$/;

/** The object in a text; undefined when the text is damaged. One without a checksum, as older ones are, counts if it is `bare`. */
export function unseal<T>(text: string, { bare = true } = {}): T | undefined {
  const sealed = SEAL.exec(text);
  if (!sealed && !bare) return undefined;
  const json = sealed ? `${text.slice(0, sealed.index)}}` : text;
  if (sealed && checksum(json) !== sealed[1]) return undefined;
  try {
    return JSON.parse(json) as T;
  } catch {
    return undefined;
  }
}
