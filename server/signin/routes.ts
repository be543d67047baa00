// Signing a browser in and out: a page, and a cookie that only labd reads.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { Caller } from '../domain/access/caller.ts';
import { credentialsOf, SESSION_COOKIE } from '../operation/credentials.ts';
import { endSession, openLink, type SignedIn } from '../domain/access/session.ts';
import { signIn } from '../domain/access/signin.ts';
import { InvalidInput, UserError } from '../domain/errors.ts';
import { Reply, send } from '../transport/exchange.ts';
import type { Backend } from '../operation/operation.ts';
import type { Origin } from '../store/types.ts';
import { PAGE, SCRIPT, STYLE } from './page.ts';

/** Bytes of a sign-in at most. */
const MOST = 4096;

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const FILES: Readonly<Record<string, readonly [type: string, text: string]>> = {
  '/sign-in': ['text/html; charset=utf-8', PAGE],
  '/sign-in.js': ['text/javascript; charset=utf-8', SCRIPT],
  '/sign-in.css': ['text/css; charset=utf-8', STYLE],
};

/** What signing in works with. */
export interface SignInOptions {
  readonly backend: Backend;
  readonly identify: (request: IncomingMessage) => Promise<Caller>;
}

type Handle = (request: IncomingMessage, response: ServerResponse, requestId: string) => Promise<void>;

function json(response: ServerResponse, requestId: string, status: number, body: object, cookie?: string): void {
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    ...(cookie === undefined ? {} : { 'set-cookie': cookie }),
  };
  send(response, new Reply(JSON.stringify(body), { status, headers }), requestId);
}

const cookieOf = (request: IncomingMessage, value: string, seconds: number): string =>
  `${SESSION_COOKIE}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${seconds}${request.socket instanceof TLSSocket ? '; Secure' : ''}`;

/** Reads a small object of texts. Throws InvalidInput for anything else. */
async function readTexts(request: IncomingMessage): Promise<Record<string, string>> {
  const refuse = () =>
    new InvalidInput(
      'body',
      'The body is not what signs in.',
      'Send {"name": "…", "password": "…"} or {"link": "…"} as application/json.',
    );
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) throw refuse();
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST) throw refuse();
    chunks.push(chunk);
  }
  let value: unknown;
  try {
    value = JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw refuse();
  }
  if (value === null || typeof value !== 'object' || Object.values(value).some((text) => typeof text !== 'string'))
    throw refuse();
  return value as Record<string, string>;
}

/** The routes, by path. */
export function signInRoutes({ backend, identify }: SignInOptions): ReadonlyMap<string, Handle> {
  const { database, throttle } = backend;
  const file: Handle = (request, response, requestId) => {
    const [type, text] = FILES[(request.url ?? '').split('?', 1)[0]!]!;
    const headers = {
      'content-type': type,
      'content-security-policy': POLICY,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-cache',
    };
    send(response, new Reply(text, { headers }), requestId);
    return Promise.resolve();
  };
  const originFor = (request: IncomingMessage, requestId: string, action: string): Origin => ({
    actor: 'anonymous',
    action,
    requestId,
    address: request.socket.remoteAddress ?? '',
  });
  const open = async (request: IncomingMessage, requestId: string): Promise<SignedIn> => {
    const { link, name, password } = await readTexts(request);
    const { address, agent } = credentialsOf(request);
    if (link === undefined)
      return signIn(
        database,
        throttle,
        originFor(request, requestId, 'login'),
        { name: name ?? '', password: password ?? '' },
        { address, agent },
      );
    const session = await openLink(database, originFor(request, requestId, 'openSignInLink'), link, { address, agent });
    if (session) return session;
    throw new InvalidInput('link', 'The link was opened already, or is too old.', 'Get another: lab login --browser.');
  };
  const post: Handle = async (request, response, requestId) => {
    try {
      const { secret, expiresAt, name } = await open(request, requestId);
      const seconds = Math.floor((expiresAt.getTime() - database.system.now()) / 1000);
      json(response, requestId, 200, { name }, cookieOf(request, secret, seconds));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      json(response, requestId, 403, { message: `${error.message} ${error.remedy}` });
    }
  };
  const leave: Handle = async (request, response, requestId) => {
    const caller = await identify(request).catch(() => undefined);
    const [kind, id] = caller?.credential?.split(':') ?? [];
    if (kind === 'Session' && id !== undefined)
      await endSession(database, { ...originFor(request, requestId, 'logout'), actor: caller!.actor }, id);
    json(response, requestId, 200, {}, cookieOf(request, '', 0));
  };
  const byMethod =
    (own: Readonly<Record<string, Handle>>): Handle =>
    async (request, response, requestId) => {
      const handle = own[request.method ?? ''];
      if (handle) return handle(request, response, requestId);
      json(response, requestId, 405, { message: `Use ${Object.keys(own).join(' or ')}.` });
    };
  return new Map([
    ['/sign-in', byMethod({ GET: file, POST: post })],
    ['/sign-in.js', byMethod({ GET: file })],
    ['/sign-in.css', byMethod({ GET: file })],
    ['/sign-out', byMethod({ POST: leave })],
  ]);
}
