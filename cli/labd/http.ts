// Sends documents to labd as they are, over node:http: `fetch` alone would cost more than the whole command.
import { readFileSync } from 'node:fs';
import type { X509Certificate } from 'node:crypto';
import { request as overHttp } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { CliError } from '../terminal/errors.ts';
import { harmless } from '../terminal/text.ts';
import type { Target } from './target.ts';

export interface GraphQLErrorBody {
  message: string;
  path?: (string | number)[];
  extensions?: { code?: string; requestId?: string; remedy?: string };
}

export interface Answer {
  data?: unknown;
  errors?: GraphQLErrorBody[];
}

/** An operation as it is sent. */
export interface Asked {
  readonly query: string;
  readonly variables: object;
  /** Which of the document's operations, when it has several */
  readonly operationName?: string | undefined;
  /** It is one of lab's own, or a stored one: its hash says it all to a labd that knows it */
  readonly known?: boolean;
}

/** Milliseconds: how long labd may say nothing, and how long one that is starting is waited for. */
interface Patience {
  readonly silence: number;
  readonly starting: number;
}

const usual: Patience = { silence: 60_000, starting: 5_000 };

/** Says that labd is not there, and what to do about it. */
export function unreachable({ url, from }: Target, why: string): CliError {
  return new CliError(
    'unreachable',
    `labd at ${url} (from ${from}) does not answer: ${why}.`,
    `Is it running? Start one with: npm start. Or name another with --labd URL.`,
  );
}

const reasons: Record<string, string> = {
  ECONNREFUSED: 'the connection was refused',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the host name cannot be resolved now',
  ECONNRESET: 'the connection was cut',
  ETIMEDOUT: 'it takes too long',
  SELF_SIGNED_CERT_IN_CHAIN: 'it vouches for itself, and is not known here yet (first: lab login --labd URL)',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate comes from an authority that is not known here',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
};

/** What OpenSSL says of a certificate that does not come from where it should. */
const distrusts = [
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_SIGNATURE_FAILURE',
];

/** That labd is not the one that is known: no error to try again after. Undefined for any other. */
export async function distrusted(target: Target, error: Error): Promise<CliError | undefined> {
  if (!distrusts.includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
  if (target.authority === undefined) return unreachable(target, whyOf(error));
  const { another } = await import('./authority.ts');
  return another(target, target.authority);
}

/** Why a TLS handshake failed, in words: an alert comes from who speaks TLS, anything else from who does not. */
function handshakeFailure(error: Error): string | undefined {
  const { code = '', message } = error as NodeJS.ErrnoException;
  if (!/^(?:EPROTO$|ERR_SSL_)/.test(code)) return undefined;
  return /alert/i.test(code + message)
    ? 'it speaks TLS and refuses this program: another version of TLS, or a certificate, is wanted there'
    : 'it does not speak TLS there; write http:// if the port is a plain one';
}

/** Why a connection failed, in words. */
export const whyOf = (error: Error): string =>
  handshakeFailure(error) ??
  reasons[(error as NodeJS.ErrnoException).code ?? ''] ??
  (error.message || 'the connection failed');

/** Of a plain connection that is cut before anything is said: that it may be one for TLS. */
const cutShort = ({ message }: Error, { url }: Target): string | undefined =>
  message === 'socket hang up' && url.startsWith('http:')
    ? 'the connection was cut; write https:// if the port is one for TLS'
    : undefined;

/** What a connection to labd must show to be labd. Throws CliError when the file that says it cannot be read. */
export function authorityOf({ authority }: Target): { ca?: Buffer } {
  if (authority === undefined) return {};
  try {
    return { ca: readFileSync(authority) };
  } catch (error) {
    throw new CliError(
      'failed',
      `The authority that labd is known by cannot be read: ${(error as Error).message}`,
      (lab) => `Name another file, or sign in anew with: ${lab} login`,
    );
  }
}

async function post(target: Target, body: string, silence: number): Promise<Posted> {
  const { url, token } = target;
  const secure = url.startsWith('https:');
  const request = secure ? (await import('node:https')).request : overHttp;
  const ca = secure ? authorityOf(target) : {};
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/json',
      // What sessions are listed with: people tell them apart by it.
      'user-agent': 'lab',
      'content-length': Buffer.byteLength(body),
      accept: 'application/graphql-response+json, application/json',
      ...(token ? { authorization: `Bearer ${token}` } : {}),
    };
    const sent = request(url, { ...ca, method: 'POST', headers, agent: false, timeout: silence }, (response) => {
      const chunks: Buffer[] = [];
      const shown = secure ? (response.socket as TLSSocket).getPeerX509Certificate() : undefined;
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8'), shown }),
      );
      response.on('error', reject);
    });
    sent.on('timeout', () => {
      const code = sent.socket?.connecting === false ? 'ESILENT' : 'ETIMEDOUT';
      sent.destroy(Object.assign(new Error(), { code }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

interface Posted {
  status: number;
  text: string;
  /** labd's certificate */
  shown: X509Certificate | undefined;
}

/** What GraphQL answered; undefined when it is no answer of GraphQL's. */
function answerIn(text: string): Answer | undefined {
  try {
    const answer = JSON.parse(text) as Answer | null;
    return typeof answer === 'object' && answer !== null && ('data' in answer || 'errors' in answer)
      ? answer
      : undefined;
  } catch {
    return undefined;
  }
}

/** Whether labd is starting or stopping: it has done nothing then, so that anything may be sent again. */
const unready = (status: number, answer: Answer | undefined): boolean =>
  status === 503 && answer?.errors?.[0]?.extensions?.code === 'UNAVAILABLE';

/** Prints a document and its variables on standard error. */
export const showQuery = async ({ terminal }: Target, asked: Asked): Promise<void> =>
  void terminal.err.write((await import('./operationText.ts')).operationText(asked));

/**
 * Sends any document and returns what labd answered, errors included; one that labd should know goes as its hash, and as
 * text only when it does not. Throws CliError when what comes is no answer of GraphQL's.
 */
export async function send(target: Target, asked: Asked, patience = usual, follow = true): Promise<Answer> {
  if (target.showQuery) await showQuery(target, asked);
  const { known, ...whole } = asked;
  if (!known) return exchange(target, whole, patience, follow);
  const { createHash } = await import('node:crypto');
  const sha256Hash = createHash('sha256').update(asked.query).digest('hex');
  const extensions = { persistedQuery: { version: 1, sha256Hash } };
  const answer = await exchange(target, { ...whole, query: undefined, extensions }, patience, follow);
  if (!isUnknown(answer)) return answer;
  return exchange(target, { ...whole, extensions }, patience, follow);
}

/** Whether labd does not know a document by its hash, or, being older, knows of no hashes at all. */
const isUnknown = ({ errors }: Answer): boolean =>
  errors?.[0]?.extensions?.code === 'PERSISTED_QUERY_NOT_FOUND' ||
  errors?.[0]?.message === 'Must provide query string.';

/** Sends one body, again while labd is starting; `follow`s labd's authority when another took its place. */
async function exchange(target: Target, body: object, patience: Patience, follow: boolean): Promise<Answer> {
  const until = target.terminal.elapsed() + patience.starting;
  for (;;) {
    const { status, text, shown } = await post(target, JSON.stringify(body), patience.silence).catch(
      async (error: NodeJS.ErrnoException) => {
        if (error instanceof CliError) throw error;
        if (error.code === 'ESILENT') throw silent(target, patience.silence);
        throw (await distrusted(target, error)) ?? unreachable(target, cutShort(error, target) ?? whyOf(error));
      },
    );
    const answer = answerIn(text);
    // A permission that is missing is told by the error itself; this is about who asks at all.
    if (status === 401 || (status === 403 && answer?.errors?.[0]?.extensions?.code !== 'FORBIDDEN'))
      throw refused(target, status, answer?.errors?.[0]?.message);
    if (!unready(status, answer)) {
      if (answer) {
        if (follow && shown && target.authority !== undefined)
          await (await import('./successor.ts')).followSuccessor(target, target.authority, shown);
        return answer;
      }
      throw unreachable(target, `what answers there is not labd (HTTP ${status})`);
    }
    if (target.terminal.elapsed() >= until) throw unreachable(target, `it is starting or stopping (HTTP ${status})`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/** That labd does not let this caller in, with its reason where it gives one. */
export function refused({ url, token, tokenFrom, login = 'login' }: Target, status: number, why?: string): CliError {
  if (status !== 401)
    return new CliError('forbidden', `labd at ${url} refuses you (HTTP ${status})${why ? `: ${why}` : '.'}`);
  const signIn = (lab: string) => `Sign in with: ${lab} ${login}`;
  if (token === undefined) return new CliError('forbidden', `You are not signed in at ${url}.`, signIn);
  return new CliError(
    'forbidden',
    `labd at ${url} does not take your token${why ? `: ${why}` : '.'}`,
    // What is given each time goes before what signing in keeps.
    tokenFrom === 'LAB_TOKEN' || tokenFrom === '--token'
      ? (lab) => `The token is from ${tokenFrom}: give another, or none and sign in with: ${lab} ${login}`
      : (lab) => `${signIn(lab)}${tokenFrom ? ` (the token is from ${tokenFrom})` : ''}`,
  );
}

const silent = ({ url }: Target, silence: number): CliError =>
  new CliError(
    'timedOut',
    `labd at ${url} took the request and has said nothing for ${silence / 1000} s.`,
    'What was asked may have been done all the same: look before you ask again.',
  );

/** Top-level errors, in one. */
export function failed(errors: GraphQLErrorBody[]): CliError {
  const [first] = errors;
  const code = first?.extensions?.code;
  const id = first?.extensions?.requestId;
  const message = errors.map((error) => harmless(error.message)).join('\n');
  const exit =
    code === 'FORBIDDEN' || code === 'UNAUTHENTICATED' ? 'forbidden' : code === 'BAD_USER_INPUT' ? 'usage' : 'failed';
  const remedy = first?.extensions?.remedy;
  return new CliError(exit, message, remedy ?? (id ? `labd's log has more under request ${id}.` : undefined));
}
