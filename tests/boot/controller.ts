// A management controller for a machine of a site: Debian's ipmi_sim, which a bastion reaches, and whose chassis is the machine.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { answerChassis, asked, layController, PASSWORD, type Powered, USER } from '../bastion/power/ipmiSimulator.ts';
import type { Site } from './site.ts';

const PORT = 9_623;

/** Starts one until the test ends, and has labd know it as a server's. */
export async function giveController(site: Site, server: string, chassis: Powered): Promise<void> {
  const folder = join(site.dir, 'bmc');
  mkdirSync(folder);
  const socket = join(folder, 'sock');
  onTestFinished(await answerChassis(socket, chassis));
  site.start('ipmi_sim', await layController(folder, PORT, asked(socket)), 'bmc.log');
  writeFileSync(join(folder, 'password'), PASSWORD);
  await site.done('create', 'secret', 'bmc', '--from-file', join(folder, 'password'));
  const bmc = { type: 'ipmi', address: `127.0.0.1:${PORT}`, user: USER, password: 'bmc' };
  const manifest = { apiVersion: 'lab/v1', kind: 'Server', metadata: { name: server }, spec: { bmc } };
  writeFileSync(join(site.dir, 'server.yaml'), JSON.stringify(manifest));
  await site.done('apply', '-f', join(site.dir, 'server.yaml'));
}
