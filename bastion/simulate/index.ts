// Simulates machines: they report to a real bastion, boot from it and call back, and it is told exactly what that took.
import { setTimeout as sleep } from 'node:timers/promises';
import { createPoster, type Answer } from './poster.ts';
import { bootInstaller, bootsMachines } from './installer.ts';
import { stories, type PlannedInstall, type Story, type StoryOptions } from './stories.ts';

export { BastionAway } from './poster.ts';
export { BootsNothing } from './installer.ts';
export { simulateInstalls } from './installs.ts';
export { machines } from './machines.ts';
export { standBy } from './standby.ts';

export interface SimulateOptions extends StoryOptions {
  /** Address of the bastion; http://127.0.0.1:8080 by default */
  bastion?: string;
  /** Posts at once; 16 by default */
  concurrency?: number;
  /** Posts a second at most; unlimited by default */
  rate?: number;
  /** Seconds to try again when the bastion does not answer; 30 by default, 0 for one try */
  patience?: number;
  signal?: AbortSignal;
  /**
   * Asks labd for an install of the machine with a MAC, which `states` needs: machines cannot. Resolves to whether one is
   * open now.
   */
  provision?: (mac: string, install: Pick<PlannedInstall, 'os' | 'role' | 'set'>) => Promise<boolean>;
  /** Called with each discovery report that the bastion took, as it does */
  onAccepted?: (mac: string) => void;
}

export interface SimulationResult {
  /** MACs, each once, whose discovery report got a 2xx */
  accepted: string[];
  /** Posts that the bastion refused; the error is its own text */
  refused: { mac: string; path: string; status: number; error: string }[];
  /** Posts that were answered */
  posts: number;
  seconds: number;
}

/**
 * Posts all of it. Throws BastionAway when nobody answers for as long as `patience` says, BootsNothing when there are
 * installs to simulate and the bastion does not boot machines.
 */
export async function simulate(options: SimulateOptions): Promise<SimulationResult> {
  const {
    bastion = 'http://127.0.0.1:8080',
    concurrency = 16,
    rate = Infinity,
    patience = 30,
    signal,
    provision,
    onAccepted,
  } = options;
  const poster = createPoster({ bastion, connections: concurrency, patience, signal });
  const accepted = new Set<string>();
  const refused: SimulationResult['refused'] = [];
  const from = performance.now();
  let begun = 0;
  let posts = 0;

  const note = (path: string, mac: string, { status, body }: Answer) => {
    posts += 1;
    if (status < 200 || status > 299) refused.push({ mac, path, status, error: body.trim() });
    else if (path === '/api/discover' && !accepted.has(mac)) {
      accepted.add(mac);
      onAccepted?.(mac);
    }
  };
  const paced = async (path: string, mac: string, post: () => Promise<Answer>) => {
    begun += 1;
    const early = from + ((begun - 1) / rate) * 1000 - performance.now();
    if (early > 0) await sleep(early, undefined, signal === undefined ? {} : { signal });
    note(path, mac, await post());
  };
  const tell = async ({ mac, report, install }: Story) => {
    await paced('/api/discover', mac, () => poster.post('/api/discover', report));
    if (!install || !provision || !accepted.has(mac)) return;
    const { callbacks, ...wanted } = install;
    if (!(await provision(mac, wanted)) || callbacks.length === 0) return;
    const installer = await bootInstaller(poster, mac, patience);
    for (const callback of callbacks) await paced('/api/progress', mac, () => installer.say(callback));
  };
  try {
    if (provision) await bootsMachines(poster);
    for (const phase of stories(options)) {
      const queue = phase.values();
      const work = async () => {
        // One queue for all workers: each takes the next story there is.
        for (const story of queue) await tell(story);
      };
      await Promise.all(Array.from({ length: Math.min(concurrency, phase.length) }, work));
    }
  } finally {
    poster.close();
  }
  return { accepted: [...accepted], refused, posts, seconds: (performance.now() - from) / 1000 };
}
