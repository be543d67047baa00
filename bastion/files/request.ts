// Asks a mirror over HTTP. Redirects are followed, some of them; silence ends in an error.
import { request as overHttp, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { request as overHttps } from 'node:https';
import type { Limits } from './transfer.ts';
import { FileTrouble } from './trouble.ts';

export interface Asking {
  readonly limits: Limits;
  readonly signal: AbortSignal | undefined;
  readonly headers?: OutgoingHttpHeaders;
  /** What is checked by its hash may come unencrypted after all; what says the hashes may not */
  readonly mayDowngrade: boolean;
}

/** The answer at the end of all redirects, its body not yet read. Throws FileTrouble. */
export async function ask(url: URL, asking: Asking): Promise<IncomingMessage> {
  let at = url;
  for (let left = asking.limits.redirects; ; left -= 1) {
    const answer = await askOnce(at, asking);
    const { location } = answer.headers;
    if (![301, 302, 303, 307, 308].includes(answer.statusCode ?? 0) || location === undefined) return answer;
    answer.destroy();
    if (left === 0) {
      throw new FileTrouble('REFUSED', `${url.href} redirects more than ${asking.limits.redirects} times. ${OTHER}`);
    }
    at = follow(at, location, asking.mayDowngrade);
  }
}

/** The body, part by part; silence, and an end before the end, are errors. */
export async function* bodyOf(answer: IncomingMessage, { limits }: Asking): AsyncGenerator<Buffer> {
  const parts = answer[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  try {
    for (;;) {
      const next = await within(limits.silence, parts.next(), 'sent nothing');
      if (next.done) return;
      yield next.value;
    }
  } finally {
    answer.destroy();
  }
}

export const OTHER = 'Name another mirror: --mirror URL';

function follow(from: URL, location: string, mayDowngrade: boolean): URL {
  if (!URL.canParse(location, from)) {
    throw new FileTrouble('REFUSED', `${from.href} redirects to what is no address. ${OTHER}`);
  }
  const to = new URL(location, from);
  if (!/^https?:$/.test(to.protocol)) {
    throw new FileTrouble('REFUSED', `${from.href} redirects to ${to.protocol}, which is not HTTP. ${OTHER}`);
  }
  if (from.protocol === 'https:' && to.protocol === 'http:' && !mayDowngrade) {
    throw new FileTrouble(
      'REFUSED',
      `${from.href} redirects to ${to.href}, where anybody on the way could change the sums. ${OTHER} that answers over HTTPS itself`,
    );
  }
  return to;
}

function askOnce(url: URL, { limits, signal, headers }: Asking): Promise<IncomingMessage> {
  const send = url.protocol === 'https:' ? overHttps : overHttp;
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    const asked = send(url, { agent: false, signal, headers: { 'Accept-Encoding': 'identity', ...headers } }, resolve);
    asked.once('error', reject);
    const timer = setTimeout(
      () => asked.destroy(new Error(`gave no answer for ${limits.answer / 1000} s`)),
      limits.answer,
    );
    asked.once('response', () => clearTimeout(timer));
    asked.once('close', () => clearTimeout(timer));
    asked.end();
  });
  return answered;
}

async function within<T>(ms: number, promise: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} for ${ms / 1000} s`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
    promise.catch(() => {});
  }
}
