// Signing a browser in and out: a page, and a cookie that only labd reads.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Caller } from '../domain/access/caller.ts';
import { credentialsOf } from '../operation/credentials.ts';
import { endSession, nameBehindLink, openLink, type SignedIn } from '../domain/access/session.ts';
import { signIn } from '../domain/access/signin.ts';
import { Conflict, InvalidInput, TooManyTries, UserError } from '../domain/errors.ts';
import { blockOf } from '../domain/access/addressBlock.ts';
import { forgottenIn, keptIn } from './cookie.ts';
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

/** What browsers say of a page that was typed, pasted, opened by a program, or called by labd's own. */
const OWN_SITES: ReadonlySet<string | undefined> = new Set([undefined, 'none', 'same-origin']);

/** What signing in works with. */
export interface SignInOptions {
  readonly backend: Backend;
  readonly identify: (request: IncomingMessage) => Promise<Caller>;
  /** The same, refusing what the pages of others send, also of those that may call labd */
  readonly forOwnPages: (handle: Handle) => Handle;
}

/** A link would sign a browser in as somebody else than it is signed in as: whoever sits there is asked first. */
class AskFirst extends Conflict {
  readonly present: string;
  readonly wanted: string;
  constructor(present: string, wanted: string) {
    super(
      `This browser is signed in as ${present}. The link signs it in as ${wanted}.`,
      'Open a link that somebody sent you only if you expected it.',
    );
    this.present = present;
    this.wanted = wanted;
  }
}

type Handle = (request: IncomingMessage, response: ServerResponse, requestId: string) => void | Promise<void>;

function json(
  response: ServerResponse,
  requestId: string,
  status: number,
  body: object,
  more: Record<string, string> = {},
): void {
  const headers = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', ...more };
  send(response, new Reply(JSON.stringify(body), { status, headers }), requestId);
}

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
export function signInRoutes({ backend, identify, forOwnPages }: SignInOptions): ReadonlyMap<string, Handle> {
  const { database, throttle } = backend;
  const file: Handle = (request, response, requestId) => {
    const [type, text] = FILES[(request.url ?? '').split('?', 1)[0]!]!;
    // Whoever was sent here by another site's page is asked, too.
    const foreign = !OWN_SITES.has(request.headers['sec-fetch-site']);
    const headers = {
      'content-type': type,
      'content-security-policy': POLICY,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-cache',
    };
    send(response, new Reply(foreign ? text.replace('<body>', '<body data-foreign>') : text, { headers }), requestId);
  };
  const originFor = (request: IncomingMessage, requestId: string, action: string): Origin => ({
    actor: 'anonymous',
    action,
    requestId,
    address: credentialsOf(request).address,
  });
  /** The session that the browser has now, if that is a session of somebody's. */
  const presentOf = async (request: IncomingMessage) => {
    const caller = await identify(request).catch(() => undefined);
    const [kind, id] = caller?.credential?.split(':') ?? [];
    return kind === 'Session' && id !== undefined ? { caller: caller!, id } : undefined;
  };
  const open = async (request: IncomingMessage, requestId: string): Promise<SignedIn> => {
    const { link, name, password, replace } = await readTexts(request);
    const { address, agent } = credentialsOf(request);
    const origin = originFor(request, requestId, link === undefined ? 'login' : 'openSignInLink');
    const signer = { address, agent };
    if (link === undefined)
      return signIn(database, throttle, origin, { name: name ?? '', password: password ?? '' }, signer);
    const who = { of: 'links', who: blockOf(address) } as const;
    throttle.check(who);
    const wanted = await nameBehindLink(database, link);
    const present = await presentOf(request);
    const presentName = present?.caller.actor.replace(/^user\//, '');
    // The answer names who is signed in: whoever has the link could be signed in as another one meanwhile.
    if (wanted !== undefined && presentName !== undefined && presentName !== wanted && replace !== presentName)
      throw new AskFirst(presentName, wanted);
    const session = wanted === undefined ? undefined : await openLink(database, origin, link, signer);
    if (!session) {
      throttle.failed(who);
      throw new InvalidInput(
        'link',
        'The link was opened already, or is too old.',
        'Get another: lab login --browser.',
      );
    }
    // One's own stays: the link may have been made with it, and would end with it.
    if (present && presentName !== wanted)
      await endSession(database, { ...origin, actor: present.caller.actor, action: 'logout' }, present.id);
    return session;
  };
  const post: Handle = async (request, response, requestId) => {
    try {
      const { secret, expiresAt, name } = await open(request, requestId);
      const seconds = Math.floor((expiresAt.getTime() - database.system.now()) / 1000);
      response.setHeader('set-cookie', keptIn(request, secret, seconds));
      json(response, requestId, 200, { name });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      const message = `${error.message} ${error.remedy}`;
      if (error instanceof AskFirst)
        return json(response, requestId, 409, { message, present: error.present, wanted: error.wanted });
      if (error instanceof TooManyTries)
        return json(response, requestId, 429, { message }, { 'retry-after': String(error.retryAfter) });
      json(response, requestId, 403, { message });
    }
  };
  const leave: Handle = async (request, response, requestId) => {
    const present = await presentOf(request);
    if (present) {
      const origin = originFor(request, requestId, 'logout');
      await endSession(database, { ...origin, actor: present.caller.actor }, present.id);
    }
    response.setHeader('set-cookie', forgottenIn(request));
    json(response, requestId, 200, {});
  };
  const byMethod =
    (methods: Readonly<Record<string, Handle>>): Handle =>
    async (request, response, requestId) => {
      const handle = methods[request.method ?? ''];
      if (handle) return handle(request, response, requestId);
      json(response, requestId, 405, { message: `Use ${Object.keys(methods).join(' or ')}.` });
    };
  return new Map([
    ['/sign-in', byMethod({ GET: file, POST: forOwnPages(post) })],
    ['/sign-in.js', byMethod({ GET: file })],
    ['/sign-in.css', byMethod({ GET: file })],
    ['/sign-out', byMethod({ POST: forOwnPages(leave) })],
  ]);
}
