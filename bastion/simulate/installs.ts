// Plays whole installs through the API that machines use: each is found, boots the script that the bastion has for it, takes
// the token of its attempt from there, and calls back until its story ends.
import { setTimeout as sleep } from 'node:timers/promises';
import { BootsNothing } from './installer.ts';
import { installStories, type InstallStory, type InstallStoryOptions } from './installStories.ts';
import { createPoster, type Answer, type Poster } from './poster.ts';

export interface SimulatedInstallsOptions extends InstallStoryOptions {
  /** Address of the bastion */
  readonly bastion: string;
  /** Milliseconds between two callbacks of a machine */
  readonly pace: number;
  /** Connections at once, and provisionings */
  readonly concurrency: number;
  /** Seconds to try again when the bastion does not answer, and for a turn while no machine gets on */
  readonly patience: number;
  /** Asks labd for an install of a machine that was reported; resolves to why not, where it is refused */
  readonly provision: (story: InstallStory) => Promise<string | undefined>;
  /** Called when all that a machine has to say is said, with how many have */
  readonly onTold?: (told: number) => void;
  readonly signal?: AbortSignal;
}

/** How a story was played. */
interface Played {
  readonly story: InstallStory;
  /** Why it could not be told to its end */
  readonly refused: string | undefined;
}

/** Milliseconds between two boots of a machine that waits for its install: first, and doubled each time up to what a ramdisk waits. */
const BOOT_AGAIN = { first: 500, most: 5_000 };

/** Plays them all at once, and resolves when each was told. Throws BastionAway and BootsNothing. */
export async function simulateInstalls(options: SimulatedInstallsOptions): Promise<Played[]> {
  const { bastion, pace, concurrency, patience, provision, onTold, signal } = options;
  const poster = createPoster({ bastion, connections: concurrency, patience, signal });
  const wait = (milliseconds: number) => sleep(milliseconds, undefined, signal === undefined ? {} : { signal });
  let told = 0;
  const moves = { count: 0 };
  const play = async (story: InstallStory): Promise<Played> => {
    const refused = await tell(poster, story, { pace, patience, wait, moves });
    onTold?.((told += 1));
    return { story, refused };
  };
  try {
    if ((await poster.get('/boot.ipxe')).status !== 200) throw new BootsNothing();
    const stories = installStories(options);
    const playing: Promise<Played>[] = [];
    const queue = stories.values();
    // A few are begun at once; those that were go on beside.
    const begin = async () => {
      for (const story of queue) {
        const discovered = refusalIn(await poster.post('/api/discover', story.report));
        const refused = discovered ?? (await provision(story));
        const played = refused === undefined ? play(story) : Promise.resolve({ story, refused });
        // It is waited for below, and must not end the process until then.
        played.catch(() => {});
        playing.push(played);
      }
    };
    await Promise.all(Array.from({ length: Math.min(concurrency, stories.length) }, begin));
    return await Promise.all(playing);
  } finally {
    poster.close();
  }
}

interface Times {
  readonly pace: number;
  readonly patience: number;
  readonly wait: (milliseconds: number) => Promise<void>;
  /** How often any machine got on: who waits for a turn at the bastion may have to for long, while others do */
  readonly moves: { count: number };
}

/** Boots a machine and lets it say all it has to; resolves to why that ended early. */
async function tell(poster: Poster, { mac, beats }: InstallStory, times: Times): Promise<string | undefined> {
  const { pace, patience, wait, moves } = times;
  const token = await bootScriptToken(poster, mac, times);
  if (token === undefined)
    return `the bastion gave it no installer, and no other install got on for ${patience} s: silent ones hold turns of maxInstalls`;
  let from = 0;
  for (const { callbacks, lines } of beats) {
    await wait(pace);
    // The output comes first: after its last word an installer is heard no more.
    const refusal = refusalIn(await poster.post('/api/log', { mac, from, lines }, token));
    from += lines.length;
    if (refusal !== undefined) return `output was answered ${refusal}`;
    for (const callback of callbacks) {
      const refused = refusalIn(await poster.post('/api/progress', { mac, ...callback }, token));
      moves.count += 1;
      if (refused !== undefined) return `callback ${callback.seq} (${callback.stage}) was answered ${refused}`;
    }
  }
  return undefined;
}

/** The token in the boot script of a machine, which boots again and again until it gets the installer, or gives up. */
async function bootScriptToken(
  poster: Poster,
  mac: string,
  { patience, wait, moves }: Times,
): Promise<string | undefined> {
  let seen = moves.count;
  let waited = 0;
  for (let pause = BOOT_AGAIN.first; waited <= patience * 1000; pause = Math.min(2 * pause, BOOT_AGAIN.most)) {
    if (moves.count > seen) [seen, waited] = [moves.count, 0];
    const { status, body } = await poster.get(`/boot/script?mac=${mac}&platform=efi`);
    if (status !== 200) throw new BootsNothing();
    const [token] = /lab_inst_[\w-]{43}/.exec(body) ?? [];
    if (token !== undefined) return token;
    await wait(pause);
    waited += pause;
  }
  return undefined;
}

const refusalIn = ({ status, body }: Answer): string | undefined =>
  status === 202 ? undefined : `${status}: ${body.trim()}`;
