// Something that answers as labd does to who signs in, over HTTP or TLS, and remembers who came with what.
import { readFileSync } from 'node:fs';
import { createServer as createHttp, type RequestListener, type Server } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import type { Authority, ServerCertificate } from '../../server/domain/access/authority.ts';

const me = { kind: 'USER', name: 'ann', actor: 'user/ann', roles: ['viewer'], permissions: [], credential: null };
const page = { nodes: [], pageInfo: { hasNextPage: false, endCursor: null } };
const loggedIn = { __typename: 'LoggedIn', name: 'ann', secret: 'lab_ses_fresh', expiresAt: '2999-01-01T00:00:00Z' };

export interface Door {
  readonly url: string;
  readonly server: Server;
  /** The Authorization of each request; undefined where there was none */
  readonly shown: (string | undefined)[];
  stop(): Promise<void>;
}

const known = JSON.parse(readFileSync('server/generated/documents.json', 'utf8')) as Record<string, string>;

/** The document that a body has, or names by its hash. */
function documentIn(body: string): string {
  const { query, extensions } = JSON.parse(body) as {
    query?: string;
    extensions?: { persistedQuery: { sha256Hash: string } };
  };
  return query ?? known[extensions!.persistedQuery.sha256Hash]!;
}

interface DoorOptions {
  keys?: Pick<ServerCertificate, 'certificate' | 'key'>;
  port?: number;
  /** What it says that its authority is */
  authority?: Pick<Authority, 'certificate' | 'crossCertificates'>;
}

/** Starts one; it ends with the test. With `keys` it speaks TLS. */
export async function openDoor({ keys, port = 0, authority }: DoorOptions = {}): Promise<Door> {
  const shown: (string | undefined)[] = [];
  const listener: RequestListener = (request, response) => {
    shown.push(request.headers.authorization);
    void text(request).then((body) => {
      const { certificate, crossCertificates } = authority ?? {};
      const data = {
        me: { ...me, expiresAt: null, sessions: [] },
        page,
        result: loggedIn,
        authority: { certificate, crossCertificates },
      };
      const wanted = /\b(me|page|result|authority)\b/.exec(documentIn(body))![1] as keyof typeof data;
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ data: { [wanted]: data[wanted] } }));
    });
  };
  const server = keys ? createHttps({ cert: keys.certificate, key: keys.key }, listener) : createHttp(listener);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const stop = () =>
    new Promise<void>((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    });
  onTestFinished(stop);
  const scheme = keys ? 'https' : 'http';
  return { url: `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`, server, shown, stop };
}
