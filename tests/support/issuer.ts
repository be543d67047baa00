// What is left of an OpenID Connect provider when nobody signs in there: its configuration, its keys, and ID tokens that
// say whatever a test wants.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { onTestFinished } from 'vitest';

export interface Issuer {
  readonly issuer: string;
  /** An ID token for the client `lab`, made now, unless it says otherwise */
  idToken(
    claims: Record<string, unknown>,
    algorithm?: { alg: string; key: CryptoKey | Uint8Array },
    header?: { typ?: string },
  ): Promise<string>;
  stop(): Promise<void>;
}

/** Starts one; it ends with the test. */
export async function startIssuer(): Promise<Issuer> {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const key = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256', use: 'sig' };
  const server = createServer((request, response) => {
    const body = request.url?.startsWith('/.well-known/') ? { issuer, jwks_uri: `${issuer}/jwks` } : { keys: [key] };
    response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const stop = () =>
    new Promise<void>((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    });
  onTestFinished(stop);
  return {
    issuer,
    stop,
    idToken(claims, algorithm = { alg: 'ES256', key: privateKey }, header = {}) {
      const now = Math.floor(Date.now() / 1000);
      // A number of its own: no two tokens are the same.
      const usual = { iss: issuer, aud: 'lab', iat: now, exp: now + 300, jti: crypto.randomUUID() };
      return new SignJWT({ ...usual, ...claims })
        .setProtectedHeader({ alg: algorithm.alg, kid: 'one', ...header })
        .sign(algorithm.key);
    },
  };
}
