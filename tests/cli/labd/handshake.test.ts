// Why TLS fails is told in words: who speaks it and refuses is told from who speaks something else.
import { once } from 'node:events';
import { createServer as createPlain } from 'node:http';
import { request } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { createServer, type TlsOptions } from 'node:tls';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { whyOf } from '../../../cli/labd/http.ts';
import { realSystem } from '../../../common/system.ts';
import { authorityOf, makeAuthority, type ServerCertificate } from '../../../server/domain/access/authority.ts';

let keys: ServerCertificate;

beforeAll(async () => {
  const authority = await authorityOf(await makeAuthority(realSystem), realSystem);
  keys = await authority.issueServer({ hosts: ['127.0.0.1'] });
});

async function failureAt(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const sent = request({ host: '127.0.0.1', port, rejectUnauthorized: false, agent: false });
  sent.end();
  const [error] = (await once(sent, 'error')) as [Error];
  return whyOf(error);
}

test.each<[string, TlsOptions]>([
  ['an older version alone', { minVersion: 'TLSv1', maxVersion: 'TLSv1.1' }],
  ['other ciphers', { maxVersion: 'TLSv1.2', ciphers: 'PSK' }],
  ['a certificate of the caller', { requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.3' }],
])('who speaks TLS and wants %s refuses this program', async (_called, wanted) => {
  const server = createServer({ key: keys.key, cert: keys.certificate, ...wanted });
  server.on('tlsClientError', () => undefined);
  expect(await failureAt(server)).toBe(
    'it speaks TLS and refuses this program: another version of TLS, or a certificate, is wanted there',
  );
});

test('who speaks plain HTTP is told so, with what to write', async () => {
  expect(await failureAt(createPlain())).toBe('it does not speak TLS there; write http:// if the port is a plain one');
});
