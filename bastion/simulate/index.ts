// Simulates machines: posts their reports to a real bastion, and says exactly which ones it took.
import { setTimeout as sleep } from 'node:timers/promises';
import { createPoster, type Answer } from './poster.ts';
import { stories, type Post, type Story, type StoryOptions } from './stories.ts';

export { BastionAway } from './poster.ts';
export { machines } from './machines.ts';

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

/** Posts all of it. Throws BastionAway when nobody answers for as long as `patience` says. */
export async function simulate(options: SimulateOptions): Promise<SimulationResult> {
  const {
    bastion = 'http://127.0.0.1:8080',
    concurrency = 16,
    rate = Infinity,
    patience = 30,
    signal,
    onAccepted,
  } = options;
  const poster = createPoster({ bastion, connections: concurrency, patience, signal });
  const accepted = new Set<string>();
  const refused: SimulationResult['refused'] = [];
  const from = performance.now();
  let begun = 0;
  let posts = 0;

  const note = ({ path, mac }: Post, { status, body }: Answer) => {
    posts += 1;
    if (status < 200 || status > 299) refused.push({ mac, path, status, error: body.trim() });
    else if (path === '/api/discover' && !accepted.has(mac)) {
      accepted.add(mac);
      onAccepted?.(mac);
    }
  };
  const tell = async (story: Story) => {
    for (const post of story) {
      begun += 1;
      const early = from + ((begun - 1) / rate) * 1000 - performance.now();
      if (early > 0) await sleep(early, undefined, signal === undefined ? {} : { signal });
      note(post, await poster.post(post.path, post.body));
    }
  };
  try {
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
