// Builds the ramdisk once for all tests that boot it, from Debian's package of the kernel, which is kept for the next run.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { TestProject } from 'vitest/node';
import { buildDiscovery, type Discovery } from '../../bastion/ramdisk/build.ts';

declare module 'vitest' {
  interface ProvidedContext {
    ramdisk: Discovery;
    kernelTree: string;
  }
}

export default async function setup(project: TestProject): Promise<() => void> {
  const dir = mkdtempSync(join(tmpdir(), 'lab-boot-'));
  const kernelTree = join(dir, 'tree');
  execFileSync('dpkg', ['-x', kernelPackage(), kernelTree]);
  project.provide('kernelTree', kernelTree);
  project.provide('ramdisk', await buildDiscovery({ dir: join(dir, 'out'), kernelTree }));
  return () => rmSync(dir, { recursive: true, force: true });
}

/** The one that Debian's empty package depends on. */
function kernelPackage(): string {
  const depends = execFileSync('apt-cache', ['depends', '--important', 'linux-image-amd64'], { encoding: 'utf8' });
  const name = /Depends: (linux-image-\S+)/.exec(depends)![1]!;
  const cache = resolve('node_modules/.cache/lab/kernels');
  mkdirSync(cache, { recursive: true });
  const kept = () => readdirSync(cache).find((file) => file.startsWith(`${name}_`) && file.endsWith('.deb'));
  if (kept() === undefined) {
    const fresh = mkdtempSync(join(cache, 'fresh-'));
    execFileSync('apt-get', ['download', '-q', name], { cwd: fresh, stdio: ['ignore', 'ignore', 'pipe'] });
    for (const file of readdirSync(fresh)) renameSync(join(fresh, file), join(cache, file));
    rmSync(fresh, { recursive: true });
  }
  return join(cache, kept()!);
}
