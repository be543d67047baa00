// Speaks with a bastion over a few kept connections, and again while it is away.
import { Agent, request as plain, type IncomingMessage } from 'node:http';
import { Agent as SecureAgent, request as secure } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Answer {
  status: number;
  body: string;
}

export interface Poster {
  /** Resolves to the bastion's answer; throws BastionAway when there was none within the patience. */
  post(path: string, body: object, token?: string): Promise<Answer>;
  get(path: string): Promise<Answer>;
  close(): void;
}

/** Nobody answered, for as long as we were to try. */
export class BastionAway extends Error {}

export interface PosterOptions {
  /** Address of the bastion */
  bastion: string;
  /** Connections at once */
  connections: number;
  /** Seconds to try again when the bastion does not answer, or has no room */
  patience: number;
  signal?: AbortSignal | undefined;
}

/** Milliseconds between two tries, and for one answer. */
const PAUSE = 100;
const TIMEOUT = 30_000;

export function createPoster({ bastion, connections, patience, signal }: PosterOptions): Poster {
  const base = new URL(bastion);
  const isSecure = base.protocol === 'https:';
  const agent = new (isSecure ? SecureAgent : Agent)({ keepAlive: true, maxSockets: connections });
  const request = isSecure ? secure : plain;

  const once = (method: string, path: string, text: string, more: Record<string, string>) =>
    new Promise<Answer>((resolve, reject) => {
      const headers = { ...more, 'Content-Length': Buffer.byteLength(text) };
      const sent = request(
        new URL(path, base),
        { method, agent, headers, timeout: TIMEOUT, signal },
        (response: IncomingMessage) => {
          let body = '';
          response.setEncoding('utf8');
          response.on('data', (chunk: string) => (body += chunk));
          response.once('end', () => resolve({ status: response.statusCode ?? 0, body }));
          // An answer that breaks off says nothing about what was kept.
          response.once('error', reject).once('aborted', () => reject(new Error('The answer broke off')));
        },
      );
      sent.once('timeout', () => sent.destroy(new Error(`No answer within ${TIMEOUT / 1000} s`)));
      sent.once('error', reject);
      sent.end(text);
    });

  const send = async (method: string, path: string, text = '', headers: Record<string, string> = {}) => {
    const deadline = performance.now() + patience * 1000;
    for (;;) {
      const tried = await once(method, path, text, headers).catch((error: Error) => error);
      signal?.throwIfAborted();
      if (!(tried instanceof Error) && tried.status < 500) return tried;
      if (performance.now() > deadline) {
        if (!(tried instanceof Error)) return tried;
        throw new BastionAway(
          `The bastion at ${base.origin} does not answer: ${tried.message || (tried as NodeJS.ErrnoException).code}. Start it with lab-bastion, or name another: --bastion URL`,
        );
      }
      await sleep(PAUSE, undefined, signal === undefined ? {} : { signal });
    }
  };

  return {
    post: (path, body, token) =>
      send('POST', path, JSON.stringify(body), {
        'Content-Type': 'application/json',
        ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      }),
    get: (path) => send('GET', path),
    close: () => agent.destroy(),
  };
}
