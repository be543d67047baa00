// Reads the operation of a request: JSON of bounded size and depth, or a query in the URL. No forms, files or batches.
import type { IncomingMessage } from 'node:http';
import type { GraphQLParams, Plugin } from 'graphql-yoga';
import type { Exchange } from '../transport/exchange.ts';
import { LimitExceeded } from '../limits/exceeded.ts';
import type { Limits } from '../limits/limits.ts';
import { refuseDeepText } from '../limits/values.ts';

const JSON_ONLY = /^application\/(?:graphql\+)?json\s*(?:;\s*charset\s*=\s*"?utf-?8"?\s*)?$/i;
const PARAMETERS: ReadonlySet<string> = new Set(['query', 'variables', 'operationName', 'extensions']);

type BodyLimits = Pick<Limits, 'maxBytes' | 'maxValueDepth'>;

/** Replaces Yoga's readers of forms, files and text by one that takes JSON, of so many bytes and so deep at most. */
export function useJsonBody(limits: BodyLimits): Plugin {
  return {
    onRequestParse({ request, setRequestParser }) {
      const exchange = request as unknown as Exchange;
      if (exchange.method === 'GET') setRequestParser(() => fromUrl(exchange.url));
      else if (exchange.method === 'POST') {
        checkType(exchange.request);
        setRequestParser(() => readJson(exchange.request, limits));
      }
    },
  };
}

function checkType({ headers }: IncomingMessage): void {
  const type = headers['content-type'];
  if (type === undefined || !JSON_ONLY.test(type)) {
    throw new LimitExceeded({
      code: 'UNSUPPORTED_MEDIA_TYPE',
      status: 415,
      message: `${type === undefined ? 'A request without Content-Type' : `Content-Type ${printable(type)}`} is not taken: send the operation as application/json`,
    });
  }
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    throw new LimitExceeded({
      code: 'UNSUPPORTED_MEDIA_TYPE',
      status: 415,
      message: `Content-Encoding ${printable(encoding)} is not taken: send the body as it is`,
    });
  }
}

function readJson(request: IncomingMessage, { maxBytes, maxValueDepth }: BodyLimits): Promise<GraphQLParams> {
  return new Promise((resolve, reject) => {
    if (Number(request.headers['content-length']) > maxBytes) {
      request.resume();
      reject(tooLarge(maxBytes));
      return;
    }
    let first: Buffer | undefined;
    let rest: Buffer[] | undefined;
    let bytes = 0;
    const settle = () => {
      request.off('data', onData).off('end', onEnd).off('error', onBroken).off('close', onBroken);
    };
    const onData = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) {
        settle();
        // The rest is thrown away as it comes, so that the answer arrives; the server's request timeout bounds it.
        request.resume();
        reject(tooLarge(maxBytes));
      } else if (first === undefined) first = chunk;
      else (rest ??= [first]).push(chunk);
    };
    const onEnd = () => {
      settle();
      try {
        const body = rest === undefined ? (first ?? Buffer.alloc(0)) : Buffer.concat(rest, bytes);
        refuseDeepText(body, maxValueDepth);
        resolve(fromJson(body));
      } catch (error) {
        reject(error instanceof Error ? error : badRequest('The body cannot be read'));
      }
    };
    const onBroken = () => {
      settle();
      reject(badRequest('The request ended before its body did'));
    };
    request.on('data', onData).on('end', onEnd).on('error', onBroken).on('close', onBroken);
  });
}

function tooLarge(maxBytes: number): LimitExceeded {
  return new LimitExceeded({
    code: 'REQUEST_TOO_LARGE',
    status: 413,
    message: `The request is larger than ${Math.floor(maxBytes / 1024)} KB: send less at a time`,
  });
}

/** A request that cannot be read. Unlike a limit it follows the GraphQL-over-HTTP rules, as a status 400. */
function badRequest(message: string): LimitExceeded {
  return new LimitExceeded({ code: 'BAD_REQUEST', status: 400, message });
}

function fromJson(body: Buffer): GraphQLParams {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    throw badRequest('The body is not JSON: send {"query": "…", "variables": {…}}');
  }
  if (Array.isArray(value))
    throw badRequest('Several operations in one request are not taken: send one, as {"query": "…"}');
  if (value === null || typeof value !== 'object')
    throw badRequest('The body must be an object: send {"query": "…", "variables": {…}}');
  return checked(value as Record<string, unknown>);
}

function fromUrl(url: string): GraphQLParams {
  const mark = url.indexOf('?');
  const search = new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1));
  return checked({
    query: search.get('query') ?? undefined,
    operationName: search.get('operationName') ?? undefined,
    variables: json(search, 'variables'),
    extensions: json(search, 'extensions'),
  });
}

function json(search: URLSearchParams, name: string): unknown {
  const text = search.get(name);
  if (text === null || text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw badRequest(`The parameter ${name} is not JSON`);
  }
}

/** Only what GraphQL over HTTP names: Yoga takes a body that has `status` and `headers` for a finished answer. */
function checked(body: Record<string, unknown>): GraphQLParams {
  for (const name in body) {
    if (!PARAMETERS.has(name))
      throw badRequest(
        `The body has an unknown parameter, ${printable(name)}: known are ${[...PARAMETERS].join(', ')}`,
      );
  }
  const { operationName } = body;
  if (operationName !== undefined && operationName !== null && typeof operationName !== 'string')
    throw badRequest('operationName must be a string');
  return body as GraphQLParams;
}

/** A caller's word in a message: short, and without control characters. */
function printable(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
