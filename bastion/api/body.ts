// Reads a request's body, of bounded size and of a type that was asked for.
import type { IncomingMessage } from 'node:http';
import { Refusal } from './refusal.ts';
import { quoted } from './text.ts';

/** Bytes of a body. */
export const MOST_BYTES = 256 * 1024;

/** The media type among `taken`; throws a Refusal with 415 for any other, and for compressed bodies. */
export function mediaType({ headers }: IncomingMessage, taken: readonly string[]): string {
  const given = headers['content-type'];
  const type = given?.split(';')[0]!.trim().toLowerCase();
  const encoding = headers['content-encoding'] ?? 'identity';
  if (type !== undefined && taken.includes(type) && encoding === 'identity') return type;
  const what =
    encoding === 'identity'
      ? `Content-Type ${given === undefined ? 'is missing' : `${quoted(given)} is not taken`}`
      : `Content-Encoding ${quoted(encoding)} is not taken`;
  throw new Refusal(415, what, `Send the body as it is, with Content-Type: ${taken.join(' or ')}.`, {
    headers: { Accept: taken.join(', ') },
    close: true,
  });
}

/** The body as text. Throws a Refusal: 413 as soon as it is too large, 400 when it is not UTF-8 or breaks off. */
export function readText(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    if (Number(request.headers['content-length']) > MOST_BYTES) {
      reject(tooLarge());
      return;
    }
    const chunks: Buffer[] = [];
    let bytes = 0;
    const stop = (error?: Error) => {
      request.off('data', onData).off('end', onEnd).off('error', onBroken).off('close', onBroken);
      if (error) reject(error);
    };
    const onData = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MOST_BYTES) stop(tooLarge());
      else chunks.push(chunk);
    };
    const onEnd = () => {
      stop();
      try {
        resolve(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks, bytes)));
      } catch {
        reject(new Refusal(400, 'The body is not UTF-8', 'Send it in UTF-8.'));
      }
    };
    const onBroken = () =>
      stop(new Refusal(400, 'The request ended before its body did', 'Send it again.', { close: true }));
    request.on('data', onData).on('end', onEnd).on('error', onBroken).on('close', onBroken);
  });
}

/** The body as JSON. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const text = await readText(request);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Refusal(400, 'The body is not JSON', 'Send one JSON object, such as {"mac": "38:05:25:33:e2:e4"}.');
  }
}

function tooLarge(): Refusal {
  return new Refusal(
    413,
    `The body is larger than ${MOST_BYTES / 1024} KB`,
    'Send a smaller report, or fewer lines at a time.',
    { close: true },
  );
}
