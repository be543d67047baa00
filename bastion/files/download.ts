// Downloads one file, going on where an earlier try ended; whether it is the right one, its hash says to the caller.
import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { DiskTrouble } from '../state/diskTrouble.ts';
import type { Part } from './part.ts';
import { ask, bodyOf, OTHER } from './request.ts';
import type { Transfer } from './transfer.ts';
import { FileTrouble } from './trouble.ts';

/** Milliseconds between two tries, at most. */
const LONGEST_WAIT = 30_000;

/** The address of a path below a mirror's, whatever is in either. */
export function urlBelow(mirror: string, path: string): URL {
  const url = new URL(mirror);
  const escaped = path.split('/').map(encodeURIComponent).join('/');
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/${escaped}`;
  return url;
}

/** Tries until the file is whole, or until several tries in a row brought nothing. Throws FileTrouble and DiskTrouble. */
export async function download(url: URL, part: Part, bytes: number | null, transfer: Transfer): Promise<void> {
  const { limits, signal } = transfer;
  let furthest = part.bytes;
  for (let failed = 0; ;) {
    try {
      if (await tryOnce(url, part, bytes, transfer)) return;
    } catch (error) {
      if (error instanceof FileTrouble || error instanceof DiskTrouble || signal?.aborted) throw error;
      failed = part.bytes > furthest ? 1 : failed + 1;
      furthest = Math.max(furthest, part.bytes);
      if (failed >= limits.tries) {
        throw new FileTrouble(
          'UNREACHABLE',
          `${url.href} cannot be read: ${(error as Error).message} (tried ${failed} times; ${part.bytes} bytes are kept, and the next try goes on after them). ${OTHER}`,
          error,
        );
      }
    }
    await sleep(Math.min(limits.wait * 2 ** Math.max(0, failed - 1), LONGEST_WAIT), undefined, { signal });
  }
}

/** Whether the file is whole now; false when it has to be begun anew. Throws what may be tried again as any other error. */
async function tryOnce(url: URL, part: Part, bytes: number | null, transfer: Transfer): Promise<boolean> {
  const { limits, signal } = transfer;
  if (bytes !== null && part.bytes === bytes) return true;
  const from = part.bytes;
  const headers = from > 0 ? { Range: `bytes=${from}-` } : {};
  const asking = { limits, signal, headers, mayDowngrade: true };
  const answer = await ask(url, asking);
  try {
    // Nothing after what is here: it is whole, or longer than the file.
    if (answer.statusCode === 416 && from > 0) {
      if (totalOf(answer) === from) return true;
      await part.restart();
      return false;
    }
    const total = await beginning(url, answer, part);
    if (bytes !== null && total !== null && total !== bytes) {
      throw new FileTrouble(
        'WRONG_SUM',
        `${url.href} has ${total} bytes, and not the ${bytes} that were wanted. ${OTHER}`,
      );
    }
    const most = bytes ?? total ?? limits.file;
    if (most > limits.file)
      throw new FileTrouble('REFUSED', `${url.href} has ${most} bytes, more than any file of an installer`);
    await part.demandRoom((bytes ?? total ?? part.bytes) - part.bytes);
    for await (const chunk of bodyOf(answer, asking)) {
      if (part.bytes + chunk.length > most) {
        throw new FileTrouble('WRONG_SUM', `${url.href} sends more than the ${most} bytes that were wanted. ${OTHER}`);
      }
      await part.append(chunk);
      transfer.onBytes(part.bytes, bytes ?? total);
    }
    if (total !== null && part.bytes < total) throw new Error(`it ended after ${part.bytes} of ${total} bytes`);
    return true;
  } finally {
    answer.destroy();
  }
}

/** Makes the part end where the answer begins; returns how many bytes the file has, as far as it is known. */
async function beginning(url: URL, answer: IncomingMessage, part: Part): Promise<number | null> {
  const { statusCode = 0, headers } = answer;
  if (headers['content-encoding'] !== undefined && headers['content-encoding'] !== 'identity') {
    throw new FileTrouble(
      'REFUSED',
      `${url.href} comes encoded (${headers['content-encoding']}), which nobody asked for. ${OTHER}`,
    );
  }
  if (statusCode === 206) {
    const start = Number(/^bytes (\d+)-/.exec(headers['content-range'] ?? '')?.[1] ?? NaN);
    if (start === part.bytes && part.bytes > 0) return totalOf(answer);
    await part.restart();
    throw new Error('it sent another range than the one that was asked for');
  }
  if (statusCode === 200) {
    // No ranges here: what there was comes once more.
    if (part.bytes > 0) await part.restart();
    const length = Number(headers['content-length'] ?? NaN);
    return Number.isSafeInteger(length) ? length : null;
  }
  if (statusCode === 408 || statusCode === 429 || statusCode >= 500)
    throw new Error(`it answers with status ${statusCode}`);
  throw new FileTrouble(
    statusCode === 404 || statusCode === 410 ? 'NOT_FOUND' : 'REFUSED',
    `${url.href} answers with status ${statusCode}. ${OTHER}, or see whether the profile names the file as it is there`,
  );
}

/** After the slash of Content-Range. */
function totalOf({ headers }: IncomingMessage): number | null {
  const total = /\/(\d+)$/.exec(headers['content-range'] ?? '')?.[1];
  return total === undefined ? null : Number(total);
}
