// Sends labd one GraphQL operation over a TLS connection that has shown it is labd: for enrolment.
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import type { TLSSocket } from 'node:tls';
import type { TypedDocumentString } from '../generated/documents.ts';
import { endOf } from './pin.ts';

/** Bytes of an answer at most. */
const MOST = 256 * 1024;

export interface AskOptions {
  /** https or wss */
  url: URL;
  /** To labd */
  socket: TLSSocket;
  /** Milliseconds */
  timeout: number;
  signal: AbortSignal;
}

/** Resolves to the data. Throws when labd does not answer, or answers errors. */
export async function ask<R, V extends Record<string, unknown>>(
  { url, socket, timeout, signal }: AskOptions,
  document: TypedDocumentString<R, V>,
  variables: V,
): Promise<R> {
  const { host, port } = endOf(url);
  const call = request({
    host,
    port,
    path: url.pathname,
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    createConnection: () => socket,
    signal,
  });
  // Once there is an answer, reading that is what fails.
  call.on('error', () => {});
  call.setTimeout(timeout, () => call.destroy(new Error(`${url.host} did not answer in time`)));
  call.end(JSON.stringify({ query: document.toString(), variables }));
  const [response] = (await once(call, 'response')) as [IncomingMessage];
  const { data, errors } = read(await textOf(response), response.statusCode);
  if (errors?.[0]) throw new Error(errors.map(({ message }) => message).join('; '));
  if (!data) throw new Error(`labd answered nothing, with HTTP status ${response.statusCode}`);
  return data as R;
}

interface Answer {
  data?: unknown;
  errors?: { message: string }[];
}

function read(text: string, status: number | undefined): Answer {
  try {
    return JSON.parse(text) as Answer;
  } catch {
    throw new Error(`What answers is no GraphQL: HTTP status ${status}`);
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST) throw new Error('labd answered more than an answer can be');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
