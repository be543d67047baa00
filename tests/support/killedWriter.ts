// Writes to an embedded database in a process that is killed in the middle, as often as a test wants.
import { fork } from 'node:child_process';
import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';

/** What runs there: says each name once it is acknowledged, four at once. */
const code = (root: string) => `import { realSystem } from '${root}/common/system.ts';
  import { openDatabase } from '${root}/server/store/database.ts';
  const quiet = { info() {}, warn() {}, error() {} };
  const db = await openDatabase({ data: process.argv[2], seed: process.argv[3], migrations: 'prisma/migrations', logger: quiet, system: realSystem, snapshotEvery: 0 });
  for (let i = 0; ; i++) {
    await Promise.all([0, 1, 2, 3].map(async (n) => {
      const name = process.argv[4] + '-' + i + '-' + n;
      await db.write({ actor: 'a', action: 'b', requestId: 'c', address: '' }, async (tx) => {
        const after = await tx.client.cluster.create({ data: { name } });
        tx.record({ kind: 'Cluster', id: after.id, name, cloud: 'd', environment: 'e', operation: 'CREATE', before: null, after });
      });
      process.send(name);
    }));
  }`;

export interface KilledWriter {
  /** Adds clusters whose names begin with `prefix`, is killed after so many, and returns those that were acknowledged. */
  write(data: string, prefix: string, enough: number): Promise<string[]>;
  remove(): Promise<void>;
}

export async function buildWriter(seed: string): Promise<KilledWriter> {
  const folder = join(process.cwd(), 'node_modules/.cache/lab', `writer-${process.pid}`);
  const outfile = join(folder, 'writer.mjs');
  await build({
    stdin: { contents: code(JSON.stringify(process.cwd()).slice(1, -1)), resolveDir: process.cwd() },
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    outfile,
  });
  await copyFile('server/store/embedded/worker.mjs', join(folder, 'worker.mjs'));
  return {
    write: (data, prefix, enough) =>
      new Promise((resolve) => {
        const acknowledged: string[] = [];
        const child = fork(outfile, [data, seed, prefix], { execArgv: [] });
        child.on('message', (name: string) => {
          acknowledged.push(name);
          if (acknowledged.length === enough) child.kill('SIGKILL');
        });
        child.once('exit', () => resolve(acknowledged));
      }),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
