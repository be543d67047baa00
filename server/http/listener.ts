// Opens a port, closes it within a grace period, and knows its URL.
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The timeouts of every port. */
export const TIMES = { keepAliveTimeout: 65_000, headersTimeout: 20_000, requestTimeout: 30_000 } as const;

/** A port that labd listens on. */
export interface Listener {
  /** Of GraphQL */
  readonly url: string;
  readonly port: number;
  /** Takes no more connections; those that stay are cut after `graceMs`. */
  close(graceMs: number): Promise<void>;
}

/** Listens. `called` is the host in the address that people are told. Throws Node's error when it cannot be had. */
export async function openListener(
  server: Server,
  { scheme, host, port: wanted, called = host }: { scheme: string; host: string; port: number; called?: string },
): Promise<Listener> {
  const port = await bind(server, host, wanted);
  return {
    url: `${scheme}://${called.includes(':') ? `[${called}]` : called}:${port}/graphql`,
    port,
    async close(graceMs) {
      const finished = new Promise<void>((resolve) => server.close(() => resolve()));
      const cut = setTimeout(() => server.closeAllConnections(), graceMs);
      await finished;
      clearTimeout(cut);
    },
  };
}

function bind(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}
