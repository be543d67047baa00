// A site that can install a system on its one machine, and what is asked of it meanwhile.
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { newest } from './given.ts';
import { openSite, type Site } from './site.ts';
import type { Vm } from './vm.ts';

export const MAC = '52:54:00:00:00:01';
/** What its server is called until somebody names it. */
export const NAME = 'm-525400000001';
/** What is beside other tests has half a core, and that of an emulated machine. */
export const LONG = 1_500_000;

/** Of an install of an image, in their order. */
export const STAGES =
  'booting pre disk partition image post hostname network users ssh k3s-prep scripts efi metadata reboot first-boot';

/** The profile `system` installs a Debian that scripts/debian.sh has made. */
export async function openInstallSite(): Promise<Site> {
  const [kernel, root] = [newest('.lab/kernels', '.deb'), newest('.lab/roots', '.tar')];
  const site = await openSite({ labd: { LABD_KEY: randomBytes(32).toString('base64') } });
  await site.done('bastion', 'files', 'build', 'discovery', '--kernel', kernel);
  await site.serves();
  const [sum] = (await site.done('bastion', 'files', 'add', root)).split(' ');
  await site.done('create', 'profile', 'system', '--from', 'image');
  const manifest = (await site.done('get', 'profile', 'system', '-o', 'yaml'))
    .replace(/path: debian-\S+/, 'path: root.tar')
    .replace('sha256: null', `sha256: "${sum}"`)
    .replace('diskGb: 10', 'diskGb: 1');
  writeFileSync(join(site.dir, 'system.yaml'), manifest);
  await site.done('apply', '-f', join(site.dir, 'system.yaml'));
  return site;
}

export interface Install {
  number: number;
  os: string;
  outcome: string | null;
  taken: boolean | null;
  phase: string;
  diskTouched: boolean;
  stages: { name: string; message: string | null; error: string | null; finishedAt: string | null }[];
  failure: { stage: string; reason: string; lines: string[] } | null;
  logTotal: number;
  logDropped: number;
}

/** The machine's last install. */
export async function lastInstall(site: Site): Promise<Install> {
  const document = `{ server(by: { name: "${NAME}" }) { installs(first: 1, orderBy: { field: CREATED_AT, direction: DESC }) { nodes {
    number os outcome taken phase diskTouched stages { name message error finishedAt } failure { stage reason lines } logTotal logDropped } } } }`;
  const { server } = await site.ask<{ server: { installs: { nodes: Install[] } } }>(document);
  return server.installs.nodes[0]!;
}

export const isOver = ({ outcome }: Install): boolean => outcome !== null;

/** Waits for what is asked. Throws with what the machine said, since that is what tells why. */
export async function comes<T>(
  site: Site,
  vm: () => Vm | undefined,
  ask: () => T | Promise<T>,
  isIt: (value: T) => boolean,
): Promise<T> {
  let value: T | undefined;
  try {
    await expect.poll(async () => isIt((value = await ask())), { timeout: LONG - 60_000, interval: 2_000 }).toBe(true);
  } catch (error) {
    const why = await site.lab('why', 'server', NAME);
    throw new Error(`${(error as Error).message}\n${why.out}\n${vm()?.said().slice(-3_000)}`, { cause: error });
  }
  return value!;
}
