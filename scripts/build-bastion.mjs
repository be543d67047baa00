// Bundles the bastion into one executable file, with the templates of its profiles and the scripts of its ramdisk beside it; most packages are in it.
import { chmodSync, cpSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

/** Writes lab-bastion.js and its scripts into a folder. */
export async function buildBastion(outDir) {
  const outfile = join(outDir, 'lab-bastion.js');
  await build({
    entryPoints: ['bastion/main.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    // What is a program of its own, or loads as well from its package.
    external: ['pino', 'ws', 'bufferutil', 'utf-8-validate'],
    legalComments: 'none',
    sourcemap: 'linked',
    logLevel: 'warning',
  });
  chmodSync(outfile, 0o755);
  cpSync('common/install/profiles/templates', join(outDir, 'templates'), { recursive: true });
  cpSync('bastion/ramdisk/scripts', join(outDir, 'ramdisk'), { recursive: true });
}
