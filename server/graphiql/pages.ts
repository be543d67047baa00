// Serves GraphiQL's page and its files, as the build packed them: nothing comes from anywhere else.
import { readdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join } from 'node:path';

export interface Pages {
  /** Whether the request is a browser's, for the page rather than for an answer */
  wanted(request: IncomingMessage): boolean;
  show(response: ServerResponse): void;
  /** Answers for a file of the page; false when there is none at `path` */
  file(path: string, request: IncomingMessage, response: ServerResponse): boolean;
}

const FOLDER = '/graphiql/';
const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.ttf': 'font/ttf',
  '.html': 'text/html; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Monaco writes style elements as it goes; everything else comes from labd as files. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self' data:",
  "img-src 'self' data:",
  "worker-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const PAGE_HEADERS = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
};
const UNBUILT =
  '<!doctype html><title>labd</title><p>GraphiQL is not built: run <code>npm run build</code> and start labd again.';

/** `directory` holds index.html and files whose names carry their hash, each also with `.br` where that is smaller. */
export function openPages(directory: string | undefined): Pages {
  let page: Buffer | undefined;
  let names: ReadonlySet<string> | undefined;
  const listed = () => (names ??= new Set(directory === undefined ? [] : list(directory)));
  return {
    wanted({ method, headers, url }) {
      return method === 'GET' && headers.accept?.includes('text/html') === true && !/[?&]query=/.test(url ?? '');
    },
    show(response) {
      if (!listed().has('index.html')) {
        response.writeHead(200, { ...PAGE_HEADERS, 'content-type': TYPES['.html'] }).end(UNBUILT);
        return;
      }
      page ??= readFileSync(join(directory!, 'index.html'));
      response
        .writeHead(200, { ...PAGE_HEADERS, 'content-type': TYPES['.html'], 'content-length': page.length })
        .end(page);
    },
    file(path, { method, headers }, response) {
      const name = path.startsWith(FOLDER) ? path.slice(FOLDER.length) : '';
      if (method !== 'GET' || !listed().has(name)) return false;
      const packed = listed().has(`${name}.br`) && /\bbr\b/.test(String(headers['accept-encoding'] ?? ''));
      const body = readFileSync(join(directory!, packed ? `${name}.br` : name));
      response
        .writeHead(200, {
          'content-type': TYPES[extname(name)] ?? 'application/octet-stream',
          'content-length': body.length,
          'cache-control': 'public, max-age=31536000, immutable',
          'x-content-type-options': 'nosniff',
          vary: 'accept-encoding',
          ...(packed ? { 'content-encoding': 'br' } : {}),
        })
        .end(body);
      return true;
    },
  };
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
