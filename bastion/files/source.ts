// Where files come from: a mirror over HTTP, or a folder with a mirror's layout, such as one carried to where no net is.
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../state/files.ts';
import { download, urlBelow } from './download.ts';
import type { Part } from './part.ts';
import { ask, bodyOf, OTHER } from './request.ts';
import type { Transfer } from './transfer.ts';
import { FileTrouble } from './trouble.ts';

export interface Source {
  /** As people name it */
  readonly name: string;
  /** A short text, such as a list of sums. Throws FileTrouble. */
  text(path: string, transfer: Transfer): Promise<string>;
  /** Writes a file into a part, going on where that ends. Throws FileTrouble and DiskTrouble. */
  fill(path: string, part: Part, bytes: number | null, transfer: Transfer): Promise<void>;
}

/** What a mirror's name stands for: an address of HTTP, or a folder of this machine. Throws FileTrouble. */
export function sourceNamed(mirror: string): Source {
  if (mirror.startsWith('/')) return folder(mirror);
  if (URL.canParse(mirror) && /^https?:$/.test(new URL(mirror).protocol)) return web(mirror);
  throw new FileTrouble(
    'USAGE',
    `"${mirror}" is no mirror: name one as an address, such as https://deb.debian.org/debian, or as a folder's whole path`,
  );
}

const web = (mirror: string): Source => ({
  name: mirror,
  text: async (path, { limits, signal }) => {
    const url = urlBelow(mirror, path);
    const asking = { limits, signal, mayDowngrade: false };
    try {
      const answer = await ask(url, asking);
      if (answer.statusCode !== 200) {
        answer.destroy();
        throw new FileTrouble(
          answer.statusCode === 404 ? 'NOT_FOUND' : 'UNREACHABLE',
          `${url.href} answers with status ${answer.statusCode}. ${OTHER}`,
        );
      }
      const chunks: Buffer[] = [];
      let bytes = 0;
      for await (const chunk of bodyOf(answer, asking)) {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes > limits.list) {
          throw new FileTrouble('REFUSED', `${url.href} is larger than any list of sums. ${OTHER}`);
        }
      }
      return Buffer.concat(chunks).toString('utf8');
    } catch (error) {
      if (error instanceof FileTrouble || signal?.aborted) throw error;
      throw new FileTrouble('UNREACHABLE', `${url.href} cannot be read: ${(error as Error).message}. ${OTHER}`, error);
    }
  },
  fill: (path, part, bytes, transfer) => download(urlBelow(mirror, path), part, bytes, transfer),
});

const folder = (root: string): Source => ({
  name: root,
  text: (path, { limits }) =>
    found(join(root, path), async (full) => {
      if ((await stat(full)).size > limits.list) {
        throw new FileTrouble('REFUSED', `${full} is larger than any list of sums`);
      }
      return readFile(full, 'utf8');
    }),
  fill: (path, part, bytes, transfer) => copyInto(join(root, path), part, bytes, transfer),
});

/** Writes a file of this machine into a part, from its beginning. */
export async function copyInto(full: string, part: Part, bytes: number | null, transfer: Transfer): Promise<void> {
  const size = await found(full, async () => (await stat(full)).size);
  if (bytes !== null && size !== bytes) {
    throw new FileTrouble('WRONG_SUM', `${full} has ${size} bytes, and not the ${bytes} that were wanted`);
  }
  await part.restart();
  await part.demandRoom(size);
  await found(full, async () => {
    for await (const chunk of createReadStream(full, { signal: transfer.signal })) {
      await part.append(chunk as Buffer);
      transfer.onBytes(part.bytes, size);
    }
  });
}

/** Runs `use`, and says of a file that is not there what is to be done. */
async function found<T>(full: string, use: (full: string) => Promise<T>): Promise<T> {
  try {
    return await use(full);
  } catch (error) {
    const code = codeOf(error);
    if (code !== 'ENOENT' && code !== 'ENOTDIR' && code !== 'EISDIR' && code !== 'EACCES') throw error;
    throw new FileTrouble(
      'NOT_FOUND',
      `${full} cannot be read (${code}). Put it there, and let this user read it`,
      error,
    );
  }
}
