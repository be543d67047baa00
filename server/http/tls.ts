// labd's TLS port: gets a certificate from labd's authority, another with each new authority, and reads those of peers.
import { createServer, type Server } from 'node:https';
import type { RequestListener } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { System } from '../../common/system.ts';
import { vouch } from '../operation/credentials.ts';
import type { Authority } from '../domain/access/authority.ts';
import { TIMES } from './listener.ts';
import { certificateNames, type Listening, type Machine } from './hostNames.ts';
import type { Log } from '../observe/log.ts';

export interface TlsOptions extends Listening {
  log: Log;
  machine: () => Machine;
  system: Pick<System, 'now'>;
}

export interface TlsServer {
  readonly server: Server;
  /** From now on handshakes succeed, and certificates of this authority are credentials. */
  arm(authority: Authority): Promise<void>;
  stop(): void;
}

/** Milliseconds for a handshake. */
const HANDSHAKE = 10_000;
/** Milliseconds between looks whether the machine has other names or addresses, which need another certificate. */
const LOOK_EVERY = 3_600_000;
/** A certificate is renewed when this part of its life is over. */
const RENEW_AT = 2 / 3;
const LEAST_PAUSE = 100;

/** A server for TLS 1.2 and later. A peer's certificate is optional here; operations that need one check that. */
export function createTlsServer(
  { log, machine, system, ...listening }: TlsOptions,
  onRequest: RequestListener,
): TlsServer {
  const server = createServer(
    { ...TIMES, requestCert: true, rejectUnauthorized: false, minVersion: 'TLSv1.2', handshakeTimeout: HANDSHAKE },
    onRequest,
  );
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let unlisten = () => {};
  server.on('tlsClientError', (error) => log.debug({ reason: error.message }, 'A TLS handshake failed'));
  return {
    server,
    async arm(authority) {
      /** Connections whose peers showed a certificate, with it */
      const vouched = new Map<TLSSocket, Buffer>();
      // Before the server's own listener, so that the peer is known before its first request.
      server.prependListener('secureConnection', (socket: TLSSocket) => {
        if (!socket.authorized) return;
        const { raw } = socket.getPeerCertificate();
        const shown = authority.read(raw);
        if (!shown) return;
        vouch(socket, shown);
        vouched.set(socket, raw);
        socket.once('close', () => vouched.delete(socket));
      });
      let names = '';
      let renewAt = 0;
      const look = async (): Promise<void> => {
        const hosts = certificateNames(listening, machine());
        const wanted = [...hosts, ...authority.trusted].join();
        if (system.now() >= renewAt || wanted !== names) {
          const { trusted } = authority;
          const { certificate: cert, key, issuedAt, expiresAt } = await authority.issueServer({ hosts });
          server.setSecureContext({ cert, key, ca: [...trusted], minVersion: 'TLSv1.2' });
          names = wanted;
          renewAt = issuedAt.getTime() + (expiresAt.getTime() - issuedAt.getTime()) * RENEW_AT;
          log.debug({ names: hosts, expiresAt }, 'labd has a new certificate');
        }
        clearTimeout(timer);
        if (stopped) return;
        timer = setTimeout(again, Math.min(LOOK_EVERY, Math.max(LEAST_PAUSE, renewAt - system.now()))).unref();
      };
      /** Looks now, after a look that is under way */
      let looking = Promise.resolve();
      const again = () => {
        looking = looking.then(look).catch((error: unknown) => {
          log.error({ err: error }, "labd's certificate could not be renewed: trying again in an hour");
          timer = setTimeout(again, LOOK_EVERY).unref();
        });
      };
      await look();
      unlisten = authority.onChange(() => {
        again();
        // What an authority signed that has ended is worth nothing on connections that are open either.
        for (const [socket, shown] of vouched) if (!authority.read(shown)) socket.destroy();
      });
    },
    stop() {
      stopped = true;
      unlisten();
      clearTimeout(timer);
    },
  };
}
