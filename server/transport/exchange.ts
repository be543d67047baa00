// Adapts Node's HTTP request and response to the few members of Fetch objects that Yoga uses: whole ones cost too much.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { takeTurns } from './fairness.ts';

/** One header's value as Fetch gives it: joined, or null. */
interface HeaderReader {
  get(name: string): string | null;
}

/** Node's request and response, and the parts of a Fetch Request that Yoga's pipeline reads. */
export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Path and query; labd has one host, so the rest of the URL says nothing. */
  readonly url: string;
  readonly method: string;
  readonly headers: HeaderReader;
  /** The body is read by pipeline/body.ts, from Node's request. */
  readonly body = null;
  #aborter: AbortController | undefined;

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.request = request;
    this.response = response;
    this.url = request.url ?? '/';
    this.method = request.method ?? 'GET';
    const { headers } = request;
    this.headers = {
      get(name) {
        const value = headers[name.toLowerCase()];
        return value === undefined ? null : typeof value === 'string' ? value : value.join(', ');
      },
    };
  }

  /** Whether the caller went away before it had the whole answer. */
  get gone(): boolean {
    return this.response.destroyed && !this.response.writableFinished;
  }

  /** Aborts when the caller goes away before it has the whole answer. Made when first asked for: most never are. */
  get signal(): AbortSignal {
    if (this.#aborter === undefined) {
      const aborter = (this.#aborter = new AbortController());
      const { response } = this;
      const abort = () => {
        if (!response.writableFinished) aborter.abort();
      };
      if (response.destroyed) abort();
      else response.once('close', abort);
    }
    return this.#aborter.signal;
  }

  /** What Yoga calls a Request. */
  asRequest(): Request {
    return this as unknown as Request;
  }
}

interface ReplyInit {
  status?: number;
  headers?: Record<string, string>;
}

/** What Yoga answers with: status, headers and a body that is text or a stream, for `send` to write. */
export class Reply {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string | ReadableStream<Uint8Array> | null;

  constructor(body: string | ReadableStream<Uint8Array> | null, init: ReplyInit = {}) {
    this.body = body;
    this.status = init.status ?? 200;
    this.headers = init.headers ?? {};
  }
}

/** Bytes that are written at a time: the system takes more at once only while it holds the event loop. */
const PART = 256 * 1024;

/** Writes a reply, no faster than the caller takes it; a stream is cancelled when the caller goes away. */
export function send(response: ServerResponse, reply: Reply, requestId: string): void {
  if (response.destroyed || response.writableEnded) {
    if (reply.body !== null && typeof reply.body !== 'string') reply.body.cancel().catch(() => {});
    return;
  }
  const { headers, body } = reply;
  headers['x-request-id'] = requestId;
  if (body === null || typeof body === 'string') {
    const text = body ?? '';
    const bytes = Buffer.byteLength(text);
    headers['content-length'] = String(bytes);
    response.writeHead(reply.status, headers);
    if (bytes <= PART) response.end(text);
    else void writeAll(response, partsOf(Buffer.from(text)));
    return;
  }
  response.writeHead(reply.status, headers);
  response.flushHeaders();
  const reader = body.getReader();
  void writeAll(response, { next: () => reader.read(), cancel: () => reader.cancel() });
}

function* partsOf(bytes: Buffer): Generator<Uint8Array, undefined> {
  for (let from = 0; from < bytes.length; from += PART) yield bytes.subarray(from, from + PART);
}

interface Part {
  done?: boolean;
  value?: Uint8Array | undefined;
}

interface Parts {
  next(): Part | Promise<Part>;
  /** Nobody wants the rest. */
  cancel?(): Promise<void>;
}

async function writeAll(response: ServerResponse, parts: Parts): Promise<void> {
  const turn = takeTurns();
  let closed: () => void = () => {};
  const gone = new Promise<void>((resolve) => (closed = resolve));
  response.once('close', () => {
    closed();
    parts.cancel?.().catch(() => {});
  });
  try {
    for (;;) {
      const { done, value } = await parts.next();
      if (done === true || response.destroyed) break;
      if (response.write(value)) {
        await turn();
        continue;
      }
      await Promise.race([new Promise((resolve) => response.once('drain', resolve)), gone]);
    }
    response.end();
  } catch {
    response.destroy();
  }
}
