// Reads a snapshot as it lies on the disk: a packed tar, page by page, so that memory does not grow with the database.
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { firstBlock, isWhole, PAGE, placeOf } from './pages.ts';

/** Of a tar: files begin with a header of this length, and end at a multiple of it; bytes. */
const RECORD = 512;

interface Header {
  readonly path: string;
  readonly size: number;
}

/** Undefined at the end, which is a header of zeros. */
function readHeader(header: Buffer): Header | undefined {
  const text = (from: number, to: number) => header.toString('latin1', from, to).replace(/\0[\s\S]*$/, '');
  const name = text(0, 100);
  if (name === '') return undefined;
  const prefix = text(345, 500);
  const whole = prefix === '' ? name : `${prefix}/${name}`;
  return { path: whole.replace(/^\.?\//, ''), size: Number.parseInt(text(124, 136).trim() || '0', 8) };
}

/** What is wrong with the pages in a snapshot, in words; undefined when all are whole. Throws when it cannot be unpacked. */
export async function findBrokenPacked(file: string): Promise<string | undefined> {
  let rest: Buffer = Buffer.alloc(0);
  let current: (Header & { at: number; first: number | undefined }) | undefined;
  let files = 0;
  const source = createReadStream(file);
  const unpacked = createGunzip();
  source.on('error', (error) => unpacked.destroy(error)).pipe(unpacked);
  for await (const chunk of unpacked) {
    rest = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer]);
    for (;;) {
      if (current === undefined) {
        if (rest.length < RECORD) break;
        const header = readHeader(rest);
        rest = rest.subarray(RECORD);
        if (header === undefined) continue;
        files += 1;
        if (header.size > 0) current = { ...header, at: 0, first: firstBlock(withoutRoot(header.path)) };
        continue;
      }
      const left: number = current.size - current.at;
      if (left <= 0) {
        const padding = (RECORD - (current.size % RECORD)) % RECORD;
        if (rest.length < padding) break;
        rest = rest.subarray(padding);
        current = undefined;
        continue;
      }
      const length = Math.min(PAGE, left);
      if (rest.length < length) break;
      const block = (current.first ?? 0) + current.at / PAGE;
      if (current.first !== undefined && !isWhole(rest.subarray(0, length), block)) return placeOf(current.path, block);
      rest = rest.subarray(length);
      current.at += length;
    }
  }
  if (current !== undefined || files === 0) return 'it ends before its end';
  return undefined;
}

/** PGlite packs the directory's files below no root, or below the directory's own name. */
const withoutRoot = (path: string): string => path.replace(/^.*?(?=(?:base\/\d+|global)\/\d)/, '');
