// What is kept of a test that failed: what every program and machine said, the packets, and what a screen showed.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { RunnerTestCase } from 'vitest';
import type { Vm } from './vm.ts';

const LINES = 15;
const TEXTS = /\.(log|serial|qemu)$/;

/** In a folder of the project's own, by the name of the test; the last lines of each text are printed. */
export async function keepEvidence(
  { name, result }: Readonly<RunnerTestCase>,
  dir: string,
  vm: Pick<Vm, 'tell'> | undefined,
): Promise<void> {
  if (result?.state !== 'fail') return;
  const to = resolve('.lab/boot-failures', name.replaceAll(/[^\w-]+/g, '-').slice(0, 100));
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  // Not every machine has a screen, and one that ended shows nothing.
  await vm?.tell(`screendump ${join(to, 'screen.ppm')}`).catch(() => {});
  for (const file of readdirSync(dir).filter((one) => TEXTS.test(one) || one.includes('.pcap'))) {
    cpSync(join(dir, file), join(to, file));
    if (TEXTS.test(file)) console.log(`== the end of ${file}\n${lastLines(join(dir, file))}`);
  }
  const logs = join(dir, 'bastion', 'logs');
  if (existsSync(logs)) cpSync(logs, join(to, 'installers'), { recursive: true });
  console.log(`All of it is in ${to}`);
}

const lastLines = (path: string): string => readFileSync(path, 'utf8').trimEnd().split('\n').slice(-LINES).join('\n');
