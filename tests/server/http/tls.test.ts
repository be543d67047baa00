// The TLS port: labd's own certificate, who is known by theirs, and what is not let in.
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:https';
import { connect as connectPlain } from 'node:net';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { createClient } from 'graphql-ws';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { requestFor } from '../../../bastion/enrolment/request.ts';
import { Caller, everything, type Credentials } from '../../../server/domain/access/caller.ts';
import {
  authorityOf,
  makeAuthority,
  type Authority,
  type AuthorityKeys,
} from '../../../server/domain/access/authority.ts';
import { thisMachine } from '../../../server/http/hostNames.ts';
import { startToy, type Toy, type ToyOptions } from './toy.ts';
import { realSystem } from '../../../common/system.ts';

const subject = {
  kind: 'bastion',
  id: '0197a1f2-0000-7000-8000-000000000001',
  name: 'site-1',
  enrolment: '0197a1f2-0000-8000-8000-000000000002',
} as const;

let keys: AuthorityKeys;
let authority: Authority;
beforeAll(async () => {
  keys = await makeAuthority(realSystem);
  authority = await authorityOf(keys, realSystem);
});

let toy: Toy | undefined;
afterEach(async () => {
  await toy?.stop();
  toy = undefined;
});

/** Whoever shows a certificate is who it says. */
const identify = async ({ certificate }: Credentials) =>
  new Caller({ actor: certificate ? `${certificate.kind}/${certificate.id}` : 'nobody', scope: everything });

const start = async (more: ToyOptions = {}) => (toy = await startToy({ authority, tlsPort: 0, identify, ...more }));
const at = () => {
  const { hostname: host, port } = new URL(toy!.server.tlsUrl!);
  return { host, port: Number(port) };
};

/** A key, and a certificate for it. */
async function credential(from: Authority = authority): Promise<{ key: string; cert: string }> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { certificate } = await from.sign(requestFor(privateKey), subject);
  return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), cert: certificate };
}

/** Who labd says we are, over a connection of its own. */
async function whoami(options: ConnectionOptions = {}, headers: Record<string, string> = {}) {
  const call = request({
    ...at(),
    ca: authority.certificate,
    agent: false,
    path: '/graphql',
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    ...options,
  });
  call.end(JSON.stringify({ query: '{ whoami }' }));
  const [response] = (await once(call, 'response')) as [import('node:http').IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  const { data, errors } = JSON.parse(Buffer.concat(chunks).toString()) as {
    data?: { whoami: string };
    errors?: { extensions: { code: string } }[];
  };
  return data?.whoami ?? errors?.[0]?.extensions.code;
}

async function handshake(options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ ...at(), ca: authority.certificate, ...options });
  await once(socket, 'secureConnect');
  return socket;
}

const KNOWN = `bastion/${subject.id}`;

describe('over TLS', () => {
  test('labd answers with a certificate that its authority vouches for, by address and by name', async () => {
    await start({ allowedHosts: ['labd.example'] });
    expect(await whoami()).toBe('nobody');
    expect(await whoami({ servername: 'labd.example' }, { host: 'labd.example' })).toBe('nobody');
    await expect(whoami({ servername: 'other.example' })).rejects.toMatchObject({
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
    await expect(whoami({ ca: [] })).rejects.toMatchObject({ code: 'SELF_SIGNED_CERT_IN_CHAIN' });
  });

  test('labd minds its names as it does without', async () => {
    await start();
    expect(await whoami({ servername: 'localhost' }, { host: 'rebound.example' })).toBe('HOST_REFUSED');
  });

  test('a peer is who its certificate says, also when its session is resumed', async () => {
    await start();
    const mine = await credential();
    expect(await whoami(mine)).toBe(KNOWN);
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const first = connect({ ...at(), ca: authority.certificate, ...mine, maxVersion });
      first.resume();
      const [session] = (await once(first, 'session')) as [Buffer];
      first.destroy();
      const again = await handshake({ ...mine, maxVersion, session });
      expect(again.isSessionReused()).toBe(true);
      again.end(
        'POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 20\r\nconnection: close\r\n\r\n{"query":"{whoami}"}',
      );
      let answer = '';
      for await (const chunk of again as AsyncIterable<Buffer>) answer += chunk.toString();
      expect(answer).toContain(KNOWN);
    }
  });

  test('a WebSocket is whose certificate it was opened with', async () => {
    await start();
    const mine = await credential();
    class Socket extends WebSocket {
      constructor(url: string, protocol: string) {
        super(url, protocol, { ...mine, ca: authority.certificate });
      }
    }
    const url = toy!.server.tlsUrl!.replace('https', 'wss');
    const client = createClient({ url, webSocketImpl: Socket, retryAttempts: 0 });
    const answer = await new Promise((resolve, reject) =>
      client.subscribe({ query: '{ whoami }' }, { next: resolve, error: reject, complete() {} }),
    );
    expect(answer).toEqual({ data: { whoami: KNOWN } });
    await client.dispose();
  });

  test.each<[string, () => Promise<{ key: string; cert: string }>]>([
    ['of another authority', async () => credential(await authorityOf(await makeAuthority(realSystem), realSystem))],
    ['that has expired', async () => credential(await authorityOf(keys, realSystem, { certificateLife: -60_000 }))],
    [
      'that labd has itself',
      async () => {
        const { certificate: cert, key } = await authority.issueServer({ hosts: ['localhost'] });
        return { cert, key };
      },
    ],
  ])('a certificate %s is no credential', async (_what, make) => {
    await start();
    expect(await whoami(await credential())).toBe(KNOWN);
    expect(await whoami(await make())).toBe('nobody');
  });

  test('nothing older than TLS 1.2 is spoken', async () => {
    await start();
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' } as const;
    await expect(handshake(old)).rejects.toMatchObject({ code: expect.stringMatching(/PROTOCOL_VERSION/) as string });
    const socket = await handshake({ maxVersion: 'TLSv1.2' });
    expect(socket.getProtocol()).toBe('TLSv1.2');
    socket.destroy();
  });

  test("labd's certificate is renewed while it runs, and connections stay", async () => {
    await start({ authority: await authorityOf(keys, realSystem, { serverLife: 3_000 }) });
    const serialOf = (socket: TLSSocket) => socket.getPeerX509Certificate()!.serialNumber;
    const first = await handshake();
    let ended = false;
    first.once('close', () => (ended = true));
    await expect
      .poll(
        async () => {
          const socket = await handshake();
          const serial = serialOf(socket);
          socket.destroy();
          return serial;
        },
        { timeout: 10_000 },
      )
      .not.toBe(serialOf(first));
    expect(ended).toBe(false);
    first.destroy();
  });

  test('a peer that stops reading is cut, as it is without', async () => {
    await start({ level: 'silent', limits: { stalledEvery: 200, keepAlive: 60_000 } });
    const url = toy!.server.tlsUrl!.replace('https', 'wss');
    const socket = new WebSocket(url, 'graphql-transport-ws', { ca: authority.certificate });
    await once(socket, 'open');
    socket.send('{"type":"connection_init"}');
    await once(socket, 'message');
    socket.pause();
    const query = 'subscription { ticks(to: 1000000, size: 65536) { count padding } }';
    socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }));
    await expect.poll(() => toy!.streams.open).toBe(1);
    await expect.poll(() => toy!.streams.open, { timeout: 10_000 }).toBe(0);
    socket.terminate();
  });

  test('no handshake succeeds before labd knows who it is', async () => {
    await start({ serve: false });
    await expect(handshake()).rejects.toThrow();
  });
});

describe('without TLS', () => {
  const elsewhere = thisMachine().addresses.find((address) => /^\d/.test(address) && !address.startsWith('127.'));

  test.skipIf(elsewhere === undefined)('labd is reached from this machine only, wherever TLS is served', async () => {
    await start({ host: '0.0.0.0' });
    const { port } = new URL(toy!.url);
    const refused = connectPlain({ host: elsewhere!, port: Number(port) });
    await expect(once(refused, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    const socket = await handshake({ host: elsewhere! });
    expect(new X509Certificate(socket.getPeerCertificate().raw).checkIP(elsewhere!)).toBe(elsewhere);
    socket.destroy();
  });
});
