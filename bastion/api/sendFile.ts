// Sends a file of the disk, whole or from a place on: kernels and images are large, and a download that broke off goes on.
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { IncomingMessage } from 'node:http';
import { Refusal } from './refusal.ts';
import type { Answer } from './route.ts';

/** The answer with the bytes of the first of these files that is there. Throws a Refusal with 404 when none is. */
export async function sendFile(paths: readonly string[], request: IncomingMessage): Promise<Answer> {
  const [found] = (await Promise.all(paths.map(lookAt))).flat();
  if (!found) {
    throw new Refusal(
      404,
      'This file is not here',
      'lab bastion files list shows what is, and lab bastion files fetch brings the rest.',
    );
  }
  const { path, size } = found;
  const from = rangeFrom(request.headers.range, size);
  return {
    async write(response) {
      response.writeHead(from === undefined ? 200 : 206, {
        'Content-Type': 'application/octet-stream',
        'Content-Length': size - (from ?? 0),
        'Accept-Ranges': 'bytes',
        ...(from === undefined ? {} : { 'Content-Range': `bytes ${from}-${size - 1}/${size}` }),
      });
      if (request.method === 'HEAD') response.end();
      // A reader that leaves in the middle is no fault of ours.
      else await pipeline(createReadStream(path, { start: from ?? 0 }), response).catch(() => response.destroy());
    },
  };
}

const lookAt = (path: string) =>
  stat(path).then(
    (found) => (found.isFile() ? [{ path, size: found.size }] : []),
    () => [],
  );

/** Where a range without an end begins; undefined for any other, which is answered with the whole. */
function rangeFrom(range: string | undefined, size: number): number | undefined {
  const from = Number(/^bytes=(\d{1,15})-$/.exec(range ?? '')?.[1] ?? NaN);
  return from < size ? from : undefined;
}
