// The bastion of this host, where one runs: what labd does not know of it.
import { buildAnew, healthIn } from '../bastion/health.ts';
import { directoryOf } from '../bastion/socket.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { failureOf, type Finding, warning } from './finding.ts';

/** Finds what is wrong with it; nothing where none runs. */
export async function* examineBastion(terminal: Terminal): AsyncGenerator<Finding> {
  const health = await healthIn(directoryOf(undefined, terminal)).catch(failureOf);
  if (health === undefined) return;
  if ('how' in health) yield health;
  else if (health.ramdisk === 'old')
    yield warning('The ramdisk of the bastion here was built by another version of it', (lab) => `${buildAnew(lab)}.`);
}
