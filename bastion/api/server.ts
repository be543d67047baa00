// The HTTP API that machines report to; what people ask is answered on the socket in the bastion's directory alone.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { OriginRefusal } from '../../common/browserOrigin.ts';
import { isLocal } from '../../common/hardware/addresses.ts';
import type { Boot } from '../boot/boot.ts';
import { Conflict, InvalidInput } from '../../common/userError.ts';
import { DiskTrouble } from '../state/diskTrouble.ts';
import { MOST_ITEM_BYTES, TooManyMachines, type Intake } from '../state/intake.ts';
import { SpoolFull } from '../state/spool.ts';
import { bearerOf } from './bearer.ts';
import { mediaType, MOST_BYTES, readJson, readText } from './body.ts';
import type { Callbacks } from './callbacks.ts';
import { ignoredIn, readMachineReport } from './discover.ts';
import { mac } from './fields.ts';
import { readLog, readPlainLog } from './log.ts';
import type { DemandPerson } from './people.ts';
import { readProgress } from './progress.ts';
import { Refusal } from './refusal.ts';
import { findRoute, type Answer, type Route } from './route.ts';

export interface ApiOptions {
  intake: Intake;
  callbacks: Callbacks;
  /** Only of a bastion that boots simulated machines */
  boot?: Boot | undefined;
  /** What is answered besides */
  routes: readonly Route[];
  /** What `/healthz` says beside `status` */
  health: () => Record<string, unknown>;
  /** A bug: the caller only hears that there was one */
  onError: (error: unknown) => void;
  /** Refuses what a page in a browser sends, and names that are not the bastion's; undefined on the socket */
  checkOrigin?: (request: IncomingMessage) => OriginRefusal | undefined;
  /** Refuses who may not ask what people do */
  demandPerson: DemandPerson;
}

/** Milliseconds for a whole request, for its head, and for the rest of one that was refused. */
const REQUEST = 30_000;
const HEAD = 10_000;
const LINGER = 2_000;

/** The server, not yet listening. */
export function createApi(options: ApiOptions): Server {
  const { intake, callbacks, boot, health, onError, checkOrigin, demandPerson } = options;
  const json = ['application/json'];
  /** The token of a callback; a machine that sends none was seen, and that is all. */
  const tokenOf = async (request: IncomingMessage, of: string): Promise<string> => {
    try {
      return bearerOf(request);
    } catch (error) {
      await callbacks.seen(of);
      throw error;
    }
  };
  const routes: readonly Route[] = [
    {
      method: 'POST',
      path: '/api/discover',
      async answer({ request }) {
        mediaType(request, json);
        const report = readMachineReport(await readJson(request), MOST_ITEM_BYTES);
        const ignored = ignoredIn(report);
        await intake.report(report);
        return accepted({ mac: report.mac, ...(ignored.length > 0 && { ignored }) });
      },
    },
    {
      method: 'POST',
      path: '/api/progress',
      async answer({ request }) {
        mediaType(request, json);
        const progress = readProgress(await readJson(request));
        const fresh = await callbacks.progress(await tokenOf(request, progress.mac), progress);
        return accepted({ mac: progress.mac, ...(fresh ? {} : { repeated: true }) });
      },
    },
    {
      method: 'POST',
      path: '/api/log',
      async answer({ request, url }) {
        const plain = mediaType(request, [...json, 'text/plain']) === 'text/plain';
        const said = plain ? readPlainLog(await readText(request), url.searchParams) : readLog(await readJson(request));
        const { dropped, repeated } = await callbacks.log(await tokenOf(request, said.mac), said);
        const more = Object.entries({ dropped, repeated }).filter(([, count]) => count > 0);
        return accepted({ mac: said.mac, lines: said.lines.length, ...Object.fromEntries(more) });
      },
    },
    {
      method: 'GET',
      path: '/api/machines',
      answer({ request }) {
        demandPerson(request);
        return { status: 200, body: { machines: intake.list() } };
      },
    },
    { method: 'GET', path: '/healthz', answer: () => ({ status: 200, body: { status: 'ok', ...health() } }) },
    ...(boot ? [simulatedBoot(boot)] : []),
    ...options.routes,
  ];

  return createServer(
    { requestTimeout: REQUEST, headersTimeout: HEAD, keepAliveTimeout: 60_000 },
    (request, response) => {
      respond(request, response).catch(onError);
    },
  );

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let answer: Answer;
    try {
      const foreign = checkOrigin?.(request);
      if (foreign) throw refusedOrigin(foreign);
      const url = urlOf(request);
      const { route, places } = findRoute(routes, request.method ?? '', url.pathname);
      answer = await route.answer({ request, url, places });
      if ('write' in answer) {
        await answer.write(response);
        return;
      }
    } catch (error) {
      if (response.headersSent) throw error;
      const refusal = refusalFor(error);
      if (refusal.status === 500) onError(error);
      for (const [name, value] of Object.entries(refusal.headers)) response.setHeader(name, value);
      if (refusal.close || !request.complete) {
        response.setHeader('Connection', 'close');
        discard(request);
      }
      answer = { status: refusal.status, body: refusal };
    }
    const [text, type] =
      'text' in answer ? [answer.text, answer.type] : [`${JSON.stringify(answer.body)}\n`, 'application/json'];
    response.writeHead(answer.status, {
      'Content-Type': `${type}; charset=utf-8`,
      'Content-Length': Buffer.byteLength(text),
      'Cache-Control': 'no-store',
    });
    response.end(request.method === 'HEAD' ? undefined : text);
  }
}

/** What a simulated machine boots. */
const simulatedBoot = (boot: Boot): Route => ({
  method: 'GET',
  path: '/api/boot',
  hasEffects: true,
  unlisted: true,
  async answer({ request, url }) {
    demandLocal(request);
    const whose = mac({ values: { mac: url.searchParams.get('mac') }, path: '' }, 'mac');
    const decision = await boot.decide(whose, { address: 'this host', isProven: true });
    if (!('attempt' in decision)) return { status: 200, body: { boot: decision.boot } };
    const { number, os, role, token } = decision.attempt;
    return {
      status: 200,
      body: { boot: decision.boot, attempt: number, os: os ?? null, role: role ?? null, token },
    };
  },
});

function urlOf({ url = '/' }: IncomingMessage): URL {
  if (URL.canParse(url, 'http://bastion')) return new URL(url, 'http://bastion');
  throw new Refusal(400, 'The path is not one', 'Send the request to a path such as /api/discover.');
}

const refusedOrigin = ({ status, message }: OriginRefusal) =>
  new Refusal(status, message, 'Only machines call this API: by an address of the bastion, and not from a page.', {
    close: true,
  });

/** No lease ties a simulated machine to an address: whoever asked from elsewhere would get its token. */
function demandLocal({ socket }: IncomingMessage): void {
  if (isLocal(socket.remoteAddress ?? '')) return;
  throw new Refusal(403, 'Simulated machines boot on the bastion itself only', 'Run lab simulate there.');
}

const accepted = (what: Record<string, unknown>): Answer => ({ status: 202, body: { accepted: true, ...what } });

/** Refusals end without a full stop. */
const bare = (message: string): string => message.replace(/\.$/, '');

function refusalFor(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof InvalidInput) return new Refusal(422, bare(error.message), error.remedy, { field: error.field });
  if (error instanceof Conflict) return new Refusal(409, bare(error.message), error.remedy);
  if (error instanceof SpoolFull || error instanceof TooManyMachines) {
    return new Refusal(
      507,
      error.message,
      'Nothing was taken. Bring labd back, or give the bastion more room, and send it again.',
      { headers: { 'Retry-After': '30' } },
    );
  }
  if (error instanceof DiskTrouble) {
    return new Refusal(
      507,
      `The bastion cannot keep this: ${error.what}`,
      "Send it again later: it counts once. The bastion's log says how to mend its disk.",
      { headers: { 'Retry-After': '30' } },
    );
  }
  return new Refusal(500, 'The bastion failed to take this', "Send it again; the bastion's log says more.");
}

/** Reads the rest of a refused request into nothing for a moment, since an answer gets lost when one hangs up at once. */
function discard(request: IncomingMessage): void {
  let left = 64 * MOST_BYTES;
  const cut = setTimeout(() => request.destroy(), LINGER);
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) request.destroy();
  });
  request.on('error', () => {});
  request.once('close', () => clearTimeout(cut));
  request.resume();
}
