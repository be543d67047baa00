// Authorities that take each other's place on the TLS port: whoever knows any of them knows labd, and labd knows them.
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requestFor } from '../../../bastion/enrolment/request.ts';
import { connectPinned, NotLabd } from '../../../bastion/enrolment/pin.ts';
import { successionOf } from '../../../common/succession.ts';
import type { Authority } from '../../../server/domain/access/authority.ts';
import { authorityAt, firstOf, nextOf } from '../../support/authorities.ts';

const subject = {
  kind: 'bastion',
  id: '0197a1f2-0000-7000-8000-000000000001',
  name: 'site-1',
  enrolment: '0197a1f2-0000-8000-8000-000000000002',
} as const;

/** Three that followed each other, and a labd that has the last one. */
let line: Authority[];
let server: Server;
let seen: { authorized: boolean; known: boolean }[];

beforeAll(async () => {
  const a = await firstOf();
  const b = await nextOf(a);
  const c = await nextOf(b);
  line = await Promise.all([a, b, c].map((one) => authorityAt(one)));
  const own = await line[2]!.issueServer({ hosts: ['127.0.0.1'] });
  server = createServer(
    { cert: own.certificate, key: own.key, ca: [...line[2]!.trusted], requestCert: true, rejectUnauthorized: false },
    (_request, response) => response.end(),
  );
  server.on('secureConnection', (socket: TLSSocket) => {
    const raw = socket.authorized ? socket.getPeerCertificate().raw : Buffer.alloc(0);
    seen.push({ authorized: socket.authorized, known: line[2]!.read(raw)?.id === subject.id });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => server.close());

const port = () => (server.address() as AddressInfo).port;
const pinned = (keyHash: string) =>
  connectPinned({
    url: new URL(`https://127.0.0.1:${port()}/`),
    keyHash,
    timeout: 5000,
    signal: AbortSignal.timeout(10_000),
    now: Date.now(),
  });

describe.each([0, 1, 2])('whoever knows number %i of three authorities', (i) => {
  test('knows labd over TLS', async () => {
    const socket = connect({ host: '127.0.0.1', port: port(), ca: line[i]!.certificate });
    await once(socket, 'secureConnect');
    expect(socket.authorized).toBe(true);
    socket.destroy();
  });

  test('joins with a token of its key', async () => {
    const { socket, authority } = await pinned(line[i]!.keyHash);
    socket.destroy();
    const known = new X509Certificate(authority);
    expect(known.publicKey.equals(new X509Certificate(line[i]!.certificate).publicKey)).toBe(true);
    const shown = { authority: line[2]!.certificate, crossCertificates: line[2]!.crossCertificates };
    expect(successionOf(known, shown, Date.now())).toEqual({ is: i === 2 ? 'same' : 'successor' });
  });

  test('is known by a certificate that it signed', async () => {
    seen = [];
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { certificate: cert } = await line[i]!.sign(requestFor(privateKey), subject);
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const socket = connect({ host: '127.0.0.1', port: port(), ca: line[i]!.certificate, cert, key });
    await once(socket, 'secureConnect');
    await expect.poll(() => seen).toEqual([{ authorized: true, known: true }]);
    socket.destroy();
  });
});

test('a token of the key of anybody else is not for this labd', async () => {
  const other = await authorityAt(await firstOf());
  await expect(pinned(other.keyHash)).rejects.toThrow(NotLabd);
});
