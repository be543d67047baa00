// Builds the ramdisk once for all tests that boot it, from Debian's package of the kernel.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
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

/** Debian's package of the kernel, which .ci/run fetches: a test asks nobody for anything. */
function kernelPackage(): string {
  const folder = resolve('.lab/kernels');
  const kept = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.deb')) : [];
  const newest = kept.toSorted().at(-1);
  if (newest !== undefined) return join(folder, newest);
  throw new Error(
    `The ramdisk's kernel is not there. mkdir -p .lab/kernels && cd .lab/kernels && apt-get download $(apt-cache depends --important linux-image-amd64 | sed -n 's/.*Depends: \\(linux-image-[^ ]*\\).*/\\1/p')`,
  );
}
