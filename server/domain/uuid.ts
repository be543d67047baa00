// Time-ordered UUIDs (version 7, RFC 9562) for rows that are written by raw SQL, where no default of Prisma's applies.
import type { System } from '../../common/system.ts';

/** A maker of ids; those of one millisecond are unordered. */
export const uuid7 =
  ({ now, bytes: random }: Pick<System, 'now' | 'bytes'>): (() => string) =>
  () => {
    const bytes = random(16);
    bytes.writeUIntBE(now(), 0, 6);
    bytes[6] = (bytes[6]! & 0x0f) | 0x70;
    bytes[8] = (bytes[8]! & 0x3f) | 0x80;
    const hex = bytes.toString('hex');
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  };
