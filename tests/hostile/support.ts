// What the tests that mean harm share: a real labd, requests that no client would send, and what must never be answered.
import { shippedProfiles } from '../../common/install/profiles/shipped.ts';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect } from 'vitest';
import { WebSocket } from 'ws';
import { endLabd, startLabdProcess, temporaryDirectory, type LabdProcess } from '../server/http/process.ts';
import { post } from '../server/http/toy.ts';

export interface Answered {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly text: string;
  /** The code of the first error, when it is an answer of GraphQL's */
  readonly code: string | undefined;
}

export interface Target {
  readonly labd: LabdProcess;
  readonly host: string;
  readonly port: number;
  /** Sends bytes as they are, and returns what was answered before the connection closed, or for `patience` milliseconds. */
  raw(bytes: string | Buffer, patience?: number): Promise<Answered>;
  /** One operation, as the administrator unless `headers` say otherwise */
  ask(query: string, more?: { variables?: object; headers?: Record<string, string> }): Promise<Answered>;
  /** The first answer to one operation over a WebSocket, as the administrator unless `headers` say otherwise */
  overWebSocket(query: string, more?: { variables?: object; headers?: Record<string, string> }): Promise<Answered>;
  /** The data of an operation of the administrator's */
  data<T>(query: string, variables?: object): Promise<T>;
  /** A token of a new user with these permissions, as a header */
  signIn(...permissions: string[]): Promise<{ authorization: string }>;
}

/** What is nobody's business: stacks, SQL, the database's words, paths of this machine. */
const LEAKS =
  /\bat \S+ \(|node_modules|prisma|SELECT |INSERT |relation "|postgres|pglite|\/(?:home|work|tmp|root)\/|argon2|password_hash|token_hash/i;

/** What installers are told names paths and programs, and is everybody's to read. */
const TEMPLATES = shippedProfiles().flatMap(({ templates }) =>
  Object.values(templates).map((template) => JSON.stringify(template).slice(1, -1)),
);

/** Holds an answer to what an answer may say. */
export function expectNoLeak(text: string): void {
  expect(TEMPLATES.reduce((left, template) => left.replaceAll(template, ''), text)).not.toMatch(LEAKS);
}

function parse(text: string): Answered {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const [line = '', ...fields] = head.split('\r\n');
  const headers = Object.fromEntries(
    fields.map((field) => [field.split(':', 1)[0]!.toLowerCase(), field.slice(field.indexOf(':') + 1).trim()]),
  );
  const body = rest.join('\r\n\r\n');
  return { status: Number(line.split(' ')[1] ?? 0), headers, text: body, code: codeIn(body) };
}

function codeIn(text: string): string | undefined {
  try {
    const { errors } = JSON.parse(text) as { errors?: { extensions?: { code?: string } }[] };
    return errors?.[0]?.extensions?.code;
  } catch {
    return undefined;
  }
}

/** Sends bytes to a port as they are. */
export function sendRaw(host: string, port: number, bytes: string | Buffer, patience = 2_000): Promise<Answered> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = connect({ host, port }, () => void socket.write(bytes));
    const done = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve(parse(Buffer.concat(chunks).toString('latin1')));
    };
    const timer = setTimeout(done, patience);
    socket.on('data', (data) => {
      chunks.push(data);
      // An answer with its length is complete before the connection is.
      const { headers, text } = parse(Buffer.concat(chunks).toString('latin1'));
      if (
        headers['content-length'] !== undefined &&
        Buffer.byteLength(text, 'latin1') >= Number(headers['content-length'])
      )
        done();
    });
    socket.on('close', done);
    socket.on('error', done);
  });
}

/** One operation on a WebSocket of its own, which is closed after the first answer. */
async function askOverWebSocket(url: string, headers: Record<string, string>, payload: object): Promise<Answered> {
  const socket = new WebSocket(url, 'graphql-transport-ws', { headers });
  try {
    return await new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.once('close', (code) => reject(new Error(`labd closed the connection with ${code}`)));
      socket.once('open', () => socket.send('{"type":"connection_init"}'));
      socket.on('message', (data: Buffer) => {
        const message = JSON.parse(data.toString()) as { type: string; payload?: unknown };
        if (message.type === 'connection_ack') socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload }));
        if (message.type !== 'next' && message.type !== 'error') return;
        // Errors of what was not begun come by themselves, those of what was within a result.
        const result = message.type === 'error' ? { errors: message.payload } : message.payload;
        const text = JSON.stringify(result);
        resolve({ status: 101, headers: {}, text, code: codeIn(text) });
      });
    });
  } finally {
    socket.terminate();
  }
}

/** A labd for all tests of a file, which answers after each of them as before. */
export function shareTarget(env: Record<string, string> = {}): Target {
  const place: { labd?: LabdProcess } = {};
  let users = 0;
  beforeAll(async () => {
    place.labd = await startLabdProcess(await temporaryDirectory(), env, []);
  }, 60_000);
  afterAll(async () => {
    const said = place.labd?.output() ?? '';
    await endLabd(place.labd);
    // Whatever was sent, it was labd that refused it: nothing fell through.
    expect(said).not.toMatch(/A promise was rejected and nobody looked|uncaught/i);
  });
  const target: Target = {
    get labd() {
      return place.labd!;
    },
    get host() {
      return new URL(target.labd.url).hostname;
    },
    get port() {
      return Number(new URL(target.labd.url).port);
    },
    raw: (bytes, patience) => sendRaw(target.host, target.port, bytes, patience),
    async ask(query, { variables, headers = target.labd.headers } = {}) {
      const answer = await fetch(target.labd.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ query, ...(variables && { variables }) }),
      });
      const text = await answer.text();
      return { status: answer.status, headers: Object.fromEntries(answer.headers), text, code: codeIn(text) };
    },
    overWebSocket: (query, { variables, headers = target.labd.headers } = {}) =>
      askOverWebSocket(target.labd.url, headers, { query, ...(variables && { variables }) }),
    async data<T>(query: string, variables?: object) {
      const { body } = await post(target.labd.url, query, {
        headers: target.labd.headers,
        ...(variables && { variables }),
      });
      if (!body.data) throw new Error(JSON.stringify(body.errors));
      return body.data as T;
    },
    async signIn(...permissions) {
      const name = `user-${++users}`;
      const { made } = await target.data<{ made: { secret: string } }>(
        `mutation ($name: String!, $permissions: [String!]!) {
          createRole(input: { name: $name, permissions: $permissions }) { __typename }
          createUser(input: { name: $name, password: "correct horse battery", roles: [{ name: $name }] }) { __typename }
          made: createToken(input: { purpose: API, user: { name: $name } }) { ... on CreatedToken { secret } } }`,
        { name, permissions },
      );
      return { authorization: `Bearer ${made.secret}` };
    },
  };
  return target;
}

/** That labd answers as before. */
export async function expectAlive(target: Target): Promise<void> {
  const { status, code } = await target.ask('{ about { version } }');
  expect([status, code]).toEqual([200, undefined]);
}
