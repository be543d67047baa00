// Asks a bastion of this host on the socket in its directory, which only those who may read that reach.
import { request } from 'node:http';
import { join } from 'node:path';
import { CliError } from '../terminal/errors.ts';

/** What a bastion says of itself. */
export interface BastionHealth {
  readonly name: string;
  readonly pid: number;
  readonly url: string;
  readonly version: string;
  /** Whether labd hears it */
  readonly uplink: 'open' | 'closed';
  readonly machines: number;
  /** Reports that wait for labd, and bytes of them */
  readonly waiting: number;
  readonly spoolBytes: number;
  /** What machines can boot, in words */
  readonly boots: string;
}

/** Milliseconds for an answer. */
const PATIENCE = 5_000;

/** Nobody listens there, or no more. */
const AWAY = new Set(['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'ENOTSOCK']);

/** What the bastion of a directory says of itself; undefined when none runs. Throws CliError when it is not to be asked. */
export function healthIn(dir: string): Promise<BastionHealth | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { socketPath: join(dir, 'api.sock'), path: '/healthz', agent: false, timeout: PATIENCE },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('end', () => resolve(JSON.parse(Buffer.concat(chunks).toString()) as BastionHealth));
        response.once('error', reject);
      },
    );
    asked.once('timeout', () => asked.destroy(new Error(`it says nothing for ${PATIENCE / 1_000} s`)));
    asked.once('error', (error: NodeJS.ErrnoException) => {
      if (AWAY.has(error.code ?? '')) resolve(undefined);
      else
        reject(
          new CliError(
            'unreachable',
            `The bastion in ${dir} cannot be asked: ${error.message}.`,
            'Run this as the user that runs the bastion, or name its directory: --dir DIR.',
          ),
        );
    });
    asked.end();
  });
}
