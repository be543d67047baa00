// The HTTP API that machines report to; what people ask is answered on the socket in the bastion's directory alone.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { OriginRefusal } from '../../common/browserOrigin.ts';
import type { Boot } from '../boot/boot.ts';
import { DiskTrouble } from '../state/diskTrouble.ts';
import { MOST_ITEM_BYTES, TooManyMachines, type Intake } from '../state/intake.ts';
import { SpoolFull } from '../state/spool.ts';
import { bearerOf } from './bearer.ts';
import { mediaType, MOST_BYTES, readJson, readText } from './body.ts';
import type { Callbacks } from './callbacks.ts';
import { readMachineReport } from './discover.ts';
import { mac } from './fields.ts';
import { readLog, readPlainLog } from './log.ts';
import { readProgress } from './progress.ts';
import { Refusal } from './refusal.ts';

export interface ApiOptions {
  intake: Intake;
  callbacks: Callbacks;
  /** Only of a bastion that boots machines */
  boot?: Boot | undefined;
  /** What `/healthz` says beside `status` */
  health: () => Record<string, unknown>;
  /** A bug: the caller only hears that there was one */
  onError: (error: unknown) => void;
  /** Refuses what a page in a browser sends, and names that are not the bastion's; undefined on the socket */
  checkOrigin?: (request: IncomingMessage) => OriginRefusal | undefined;
  /** This is the socket that only people with access to the directory reach */
  forPeople?: boolean;
}

interface Answer {
  status: number;
  body: unknown;
}

type Handler = (request: IncomingMessage, url: URL) => Promise<Answer> | Answer;

/** Milliseconds for a whole request, for its head, and for the rest of one that was refused. */
const REQUEST = 30_000;
const HEAD = 10_000;
const LINGER = 2_000;

/** The server, not yet listening. */
export function createApi({
  intake,
  callbacks,
  boot,
  health,
  onError,
  checkOrigin,
  forPeople = false,
}: ApiOptions): Server {
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
  const post: Record<string, Handler> = {
    '/api/discover': async (request) => {
      mediaType(request, json);
      const report = readMachineReport(await readJson(request));
      if (Buffer.byteLength(JSON.stringify(report)) > MOST_ITEM_BYTES) {
        throw new Refusal(
          413,
          `The report's known fields take more than ${MOST_ITEM_BYTES / 1000} KB`,
          'Report fewer disks and NICs, or shorter texts.',
        );
      }
      await intake.report(report);
      return accepted({ mac: report.mac });
    },
    '/api/progress': async (request) => {
      mediaType(request, json);
      const progress = readProgress(await readJson(request));
      const fresh = await callbacks.progress(await tokenOf(request, progress.mac), progress);
      return accepted({ mac: progress.mac, ...(fresh ? {} : { repeated: true }) });
    },
    '/api/log': async (request, url) => {
      const plain = mediaType(request, [...json, 'text/plain']) === 'text/plain';
      const said = plain ? readPlainLog(await readText(request), url.searchParams) : readLog(await readJson(request));
      await callbacks.log(await tokenOf(request, said.mac), said);
      return accepted({ mac: said.mac, lines: said.lines.length });
    },
  };
  const get: Record<string, Handler> = {
    '/api/machines': () => {
      if (!forPeople) throw notShown();
      return { status: 200, body: { machines: intake.list() } };
    },
    '/healthz': () => ({ status: 200, body: { status: 'ok', ...health() } }),
  };
  const boots: Record<string, Handler> = boot
    ? {
        '/api/boot': async (request, { searchParams }) => {
          demandLocal(request);
          const script = await boot.scriptFor(mac({ values: { mac: searchParams.get('mac') }, path: '' }, 'mac'));
          return { status: 200, body: script };
        },
      }
    : {};
  // What is asked for by HEAD has no effect, and a boot has.
  const routes: Readonly<Record<string, Readonly<Record<string, Handler>>>> = {
    POST: post,
    GET: { ...get, ...boots },
    HEAD: get,
  };

  const server = createServer(
    { requestTimeout: REQUEST, headersTimeout: HEAD, keepAliveTimeout: 60_000 },
    (request, response) => {
      respond(request, response).catch(onError);
    },
  );
  return server;

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let answer: Answer;
    try {
      const foreign = checkOrigin?.(request);
      if (foreign) throw refusedOrigin(foreign);
      const url = urlOf(request);
      answer = await find(request.method ?? '', url.pathname)(request, url);
    } catch (error) {
      const refusal = refusalFor(error);
      if (refusal.status === 500) onError(error);
      for (const [name, value] of Object.entries(refusal.headers)) response.setHeader(name, value);
      if (refusal.close || !request.complete) {
        response.setHeader('Connection', 'close');
        discard(request);
      }
      answer = { status: refusal.status, body: refusal };
    }
    const text = `${JSON.stringify(answer.body)}\n`;
    response.writeHead(answer.status, {
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': Buffer.byteLength(text),
      'Cache-Control': 'no-store',
    });
    response.end(request.method === 'HEAD' ? undefined : text);
  }

  function find(method: string, path: string): Handler {
    const handler =
      Object.hasOwn(routes, method) && Object.hasOwn(routes[method]!, path) ? routes[method]![path] : undefined;
    if (handler) return handler;
    const methods = Object.keys(routes).filter((one) => Object.hasOwn(routes[one]!, path));
    if (methods.length > 0) {
      throw new Refusal(405, `${path} does not take ${method}`, `Use ${methods[0]}.`, {
        headers: { Allow: methods.join(', ') },
      });
    }
    const paths = [...Object.keys(post).map((one) => `POST ${one}`), ...Object.keys(get).map((one) => `GET ${one}`)];
    throw new Refusal(404, 'There is nothing here', `There are ${paths.join(', ')}.`);
  }
}

function urlOf({ url = '/' }: IncomingMessage): URL {
  if (URL.canParse(url, 'http://bastion')) return new URL(url, 'http://bastion');
  throw new Refusal(400, 'The path is not one', 'Send the request to a path such as /api/discover.');
}

/** Whoever can report a machine need not know all others. */
const notShown = () =>
  new Refusal(
    403,
    'The machines are not shown here',
    'Ask labd: lab get servers. On the bastion itself: curl --unix-socket DIR/api.sock http://bastion/api/machines, where DIR is its directory.',
  );

const refusedOrigin = ({ status, message }: OriginRefusal) =>
  new Refusal(status, message, 'Only machines call this API: by an address of the bastion, and not from a page.', {
    close: true,
  });

/** No lease ties a simulated machine to an address: whoever asked from elsewhere would get its token. */
function demandLocal({ socket }: IncomingMessage): void {
  if (/^(::ffff:)?127\.|^::1$/.test(socket.remoteAddress ?? '')) return;
  throw new Refusal(403, 'Simulated machines boot on the bastion itself only', 'Run lab simulate there.');
}

const accepted = (what: Record<string, unknown>): Answer => ({ status: 202, body: { accepted: true, ...what } });

function refusalFor(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
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
