// Finds pages of tables and indexes that are not as PostgreSQL wrote them: each carries a checksum, which PostgreSQL itself
// looks at only when it reads the page, and it may not for months.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { makeRoom, partsOf } from './parts.ts';

export const PAGE = 8_192;
/** Pages of one file of a relation; the next ones are in the file with the next number. */
const SEGMENT = 131_072;
/** Tables, indexes and their maps. Group 3 is the segment. */
const RELATION = /^(base\/\d+|global)\/\d+(?:_(?:fsm|vm|init))?(?:\.(\d+))?$/;

const PRIME = 16_777_619;
const LANES = 32;
/** Where each lane begins, as in PostgreSQL's checksum_impl.h. */
const BEGIN = Uint32Array.of(
  0x5b1f36e9,
  0xb8525960,
  0x02ab50aa,
  0x1de66d2a,
  0x79ff467a,
  0x9bb9f8a3,
  0x217e7cd2,
  0x83e13d2c,
  0xf8d4474f,
  0xe39eb970,
  0x42c6ae16,
  0x993216fa,
  0x7b093b5d,
  0x98daff3c,
  0xf718902a,
  0x0b1c9cdb,
  0xe58f764b,
  0x187636bc,
  0x5d7b3bb1,
  0xe73de7de,
  0x92bec979,
  0xcca6c0b2,
  0x304a0979,
  0x85aa43d4,
  0x783125bb,
  0x6ca8eaa2,
  0xe407eac6,
  0x4b5cfc3e,
  0x9fbf8c76,
  0x15ca20be,
  0xf2ca9fd3,
  0x959bd756,
);

/** Where the header of a page has its checksum, and the end of its free room, which is 0 in a page never used; bytes. */
const CHECKSUM = 8;
const UPPER = 14;

/** The words of a page, without a copy where they lie at a multiple of their length. */
const wordsOf = (page: Buffer): Int32Array =>
  page.byteOffset % 4 === 0
    ? new Int32Array(page.buffer, page.byteOffset, PAGE / 4)
    : new Int32Array(Uint8Array.from(page).buffer);

/** What a page's checksum has to be. It is counted of every page at a start: no function is called for a word. */
export function checksumOf(page: Buffer, block: number): number {
  const words = wordsOf(page);
  const sums = new Int32Array(BEGIN);
  for (let from = 0; from < words.length; from += LANES)
    for (let lane = 0; lane < LANES; lane++) {
      const at = from + lane;
      const mixed = sums[lane]! ^ (at === CHECKSUM / 4 ? words[at]! & 0xffff_0000 : words[at]!);
      sums[lane] = Math.imul(mixed, PRIME) ^ (mixed >>> 17);
    }
  for (let round = 0; round < 2; round++)
    for (let lane = 0; lane < LANES; lane++) sums[lane] = Math.imul(sums[lane]!, PRIME) ^ (sums[lane]! >>> 17);
  let all = block;
  for (const sum of sums) all ^= sum;
  return ((all >>> 0) % 65_535) + 1;
}

/** Whether a page is as it was written. */
export function isWhole(page: Buffer, block: number): boolean {
  if (page.length !== PAGE) return false;
  if (page.readUInt16LE(UPPER) === 0) return wordsOf(page).every((word) => word === 0);
  return page.readUInt16LE(CHECKSUM) === checksumOf(page, block);
}

/** The number of the first page in a file; undefined for a file that has no pages with checksums. */
export function firstBlock(path: string): number | undefined {
  const found = RELATION.exec(path);
  return found === null ? undefined : Number(found[2] ?? 0) * SEGMENT;
}

/** Where something is broken: a file below the directory, and a page of it. */
export const placeOf = (path: string, block: number): string => `page ${block} of ${path} is broken`;

/**
 * The first broken page of a database directory that nobody has open, in words; undefined when all are whole.
 * Reads every table and index once: some 200 MB a second.
 */
export async function findBrokenPage(directory: string): Promise<string | undefined> {
  const room = makeRoom();
  const databases = (await readdir(join(directory, 'base')).catch(() => [])).map((name) => `base/${name}`);
  for (const folder of ['global', ...databases])
    for (const name of (await readdir(join(directory, folder)).catch(() => [])).sort()) {
      const path = `${folder}/${name}`;
      let block = firstBlock(path);
      if (block === undefined) continue;
      for await (const part of partsOf(join(directory, path), room))
        for (let at = 0; at < part.length; at += PAGE)
          if (!isWhole(part.subarray(at, at + PAGE), block++)) return placeOf(path, block - 1);
    }
  return undefined;
}
