// The ports of the API: where machines reach it, and the socket in the directory where people do.
import { chmod, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { codeOf } from '../state/files.ts';

/** The address is taken, or is not this machine's. */
export class CannotListen extends Error {}

/** Milliseconds for requests under way when the bastion stops. */
const GRACE = 2_000;

/** A unix socket's path has room for 107 bytes; a Mac's for 103. */
const SOCKET_PATH = 103;

/** The address of a port, as URLs have it. */
export const httpAddress = (host: string, port: number): string =>
  `http://${host.includes(':') ? `[${host}]` : host}:${port}`;

/** Listens for machines. Throws CannotListen. */
export function listen(server: Server, { host, port }: { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(new CannotListen(whyNot(error, host, port), { cause: error })));
    server.listen(port, host, () => {
      server.removeAllListeners('error');
      resolve();
    });
  });
}

/**
 * Listens on a socket that its owner alone may use. Without one, on a disk that takes no more or below a long path, the
 * bastion does all else.
 */
export async function listenLocally(server: Server, path: string, warn: (message: string) => void): Promise<void> {
  try {
    if (Buffer.byteLength(path) > SOCKET_PATH) throw new Error('its path is too long for a socket');
    // Whoever has the directory is its only bastion: what lies there is a dead one's.
    await rm(path, { force: true });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, () => {
        server.off('error', reject);
        resolve();
      });
    });
    await chmod(path, 0o600);
  } catch (error) {
    warn(
      `Nobody can ask this bastion for its machines on ${path}: ${(error as Error).message}. Everything else works; lab get servers tells them too`,
    );
  }
}

const REASONS: Readonly<Record<string, (host: string, port: number) => string>> = {
  EADDRINUSE: (host, port) =>
    `Port ${port} on ${host} is in use by another program. Stop that one, or choose another port: --port PORT or BASTION_PORT`,
  EADDRNOTAVAIL: (host) =>
    `${host} is not an address of this machine. Choose one that is: --host ADDRESS or BASTION_HOST`,
  ENOTFOUND: (host) => `There is no host ${host}. Give an address of this machine: --host ADDRESS or BASTION_HOST`,
  EACCES: (_host, port) =>
    `Port ${port} needs more rights than this user has. Choose one from 1024 on: --port PORT or BASTION_PORT`,
};

function whyNot(error: Error, host: string, port: number): string {
  return (
    REASONS[codeOf(error) ?? '']?.(host, port) ??
    `Cannot listen on ${host}, port ${port}: ${error.message}. Choose others: --host ADDRESS, --port PORT`
  );
}

/** Ends it, requests under way after a moment. */
export async function close(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  const cut = setTimeout(() => server.closeAllConnections(), GRACE);
  await closed;
  clearTimeout(cut);
}
