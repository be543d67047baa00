// CRC-32C, by which PostgreSQL knows the records of its write-ahead log; Node has the other CRC-32 alone.

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte;
  for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0x82f6_3b78 : sum >>> 1;
  return sum >>> 0;
});

/** The sum of some bytes, or of bytes that follow those with the sum `before`. */
export function crc32c(bytes: Uint8Array, before = 0): number {
  let sum = ~before;
  // Not `of`, which takes ten times as long.
  for (let i = 0; i < bytes.length; i++) sum = TABLE[(sum ^ bytes[i]!) & 0xff]! ^ (sum >>> 8);
  return ~sum >>> 0;
}

/**
 * The byte that has one bit to be turned for bytes to have a sum, by its number; that after the last one when it is a bit of
 * the sum. Undefined when they have it as they are, or do not for any bit.
 */
export function byteOffByABit(bytes: Uint8Array, sum: number): number | undefined {
  const off = (crc32c(bytes) ^ sum) >>> 0;
  if (off === 0) return undefined;
  if ((off & (off - 1)) === 0) return bytes.length;
  // What each bit of the last byte does to the sum when it is turned; with one more byte after it, the next ones.
  let turned = Array.from({ length: 8 }, (_, bit) => TABLE[1 << bit]!);
  for (let at = bytes.length - 1; at >= 0; at--) {
    if (turned.includes(off)) return at;
    turned = turned.map((one) => (TABLE[one & 0xff]! ^ (one >>> 8)) >>> 0);
  }
  return undefined;
}
