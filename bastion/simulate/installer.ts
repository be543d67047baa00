// An installer that does not exist: a machine boots it from the bastion, and calls back with the token from its boot script.
import { setTimeout as sleep } from 'node:timers/promises';
import { BastionAway, type Answer, type Poster } from './poster.ts';

/** The bastion boots no simulated machines. */
export class BootsNothing extends Error {
  readonly remedy = 'Start it with lab-bastion --simulate-boot.';

  constructor() {
    super('This bastion boots no machines, and so none can be installed.');
  }
}

export interface Installer {
  /** Calls back with a stage, or with how the install ended. */
  say(callback: object): Promise<Answer>;
  /** Sends lines of output. */
  log(lines: readonly string[]): Promise<Answer>;
}

/** Milliseconds between two boots. */
const PAUSE = 50;

interface Script {
  boot: string;
  token?: string;
  os?: string | null;
}

const scriptOf = async (poster: Poster, mac: string): Promise<Script> => {
  const { status, body } = await poster.get(`/api/boot?mac=${mac}`);
  if (status !== 200) throw new BootsNothing();
  return JSON.parse(body) as Script;
};

/** Throws BootsNothing when a bastion boots no machines. */
export const bootsMachines = async (poster: Poster): Promise<void> =>
  void (await scriptOf(poster, '02:00:00:00:00:00'));

/** A machine that runs an installer, and of which system. */
export interface Booted {
  readonly installer: Installer;
  readonly os: string;
}

/**
 * Boots a machine from the network once; undefined when that gives it no installer, which calls back by `calls`. Throws
 * BootsNothing.
 */
export async function tryBoot(poster: Poster, mac: string, calls = poster): Promise<Booted | undefined> {
  const { boot, token, os } = await scriptOf(poster, mac);
  if (boot !== 'install') return undefined;
  let [seq, from] = [0, 0];
  const installer: Installer = {
    say: (callback) => calls.post('/api/progress', { mac, seq: ++seq, ...callback }, token),
    log: (lines) => calls.post('/api/log', { mac, from: (from += lines.length) - lines.length, lines }, token),
  };
  return { installer, os: os ?? 'unknown' };
}

/** Boots a machine from the network until that gives it an installer; throws BastionAway after so many seconds. */
export async function bootInstaller(poster: Poster, mac: string, patience: number): Promise<Installer> {
  for (let waited = 0; waited <= patience * 1000; waited += PAUSE) {
    const booted = await tryBoot(poster, mac);
    if (booted) return booted.installer;
    await sleep(PAUSE);
  }
  throw new BastionAway(`The bastion has no order to install ${mac}. Is it connected to labd? lab get bastions`);
}
