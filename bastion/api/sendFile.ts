// Sends a file of the disk, whole or from a place on: kernels and images are large, and a download that broke off goes on.
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { IncomingMessage } from 'node:http';
import { Refusal } from './refusal.ts';
import type { Answer } from './route.ts';

/** The answer with a file's bytes. Throws a Refusal with 404 when it is not there. */
export async function sendFile(path: string, request: IncomingMessage): Promise<Answer> {
  const { size } = await stat(path).catch(() => {
    throw new Refusal(
      404,
      'This file is not here',
      'lab bastion files list shows what is, and lab bastion files fetch brings the rest.',
    );
  });
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

/** Where a range without an end begins; undefined for any other, which is answered with the whole. */
function rangeFrom(range: string | undefined, size: number): number | undefined {
  const from = Number(/^bytes=(\d{1,15})-$/.exec(range ?? '')?.[1] ?? NaN);
  return from < size ? from : undefined;
}
