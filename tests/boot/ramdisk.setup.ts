// Builds the ramdisk once for all tests that boot it, from Debian's package of the kernel.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { buildDiscovery, type Discovery } from '../../bastion/ramdisk/build.ts';
import { newest } from './given.ts';

declare module 'vitest' {
  interface ProvidedContext {
    ramdisk: Discovery;
    kernelTree: string;
  }
}

export default async function setup(project: TestProject): Promise<() => void> {
  const dir = mkdtempSync(join(tmpdir(), 'lab-boot-'));
  const kernelTree = join(dir, 'tree');
  execFileSync('dpkg', ['-x', newest('.lab/kernels', '.deb'), kernelTree]);
  project.provide('kernelTree', kernelTree);
  project.provide('ramdisk', await buildDiscovery({ dir: join(dir, 'out'), kernelTree }));
  return () => rmSync(dir, { recursive: true, force: true });
}
