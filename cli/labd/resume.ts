// Following a subscription through restarts of labd: resumed where it was cut, without a gap or a repeat.
import { exits } from '../terminal/errors.ts';
import { harmless } from '../terminal/text.ts';
import { failed } from './http.ts';
import { away, Cut, follow } from './stream.ts';
import type { Target } from './target.ts';

/** What a follower says and does. */
export interface Follower<D> {
  readonly document: string;
  readonly variables: object;
  /** Where to begin; absent for the present */
  readonly after?: string | number | undefined;
  /** Ends it, in between two things that come */
  readonly ended?: AbortSignal;
  /** Takes what came. Returns what to resume from; undefined when there is none yet, or none new */
  each(data: D): string | number | undefined;
  /** Whether nothing more will come; asked when the stream has ended */
  over?(): Promise<boolean>;
  /** The connection was cut, and is tried again: told once for each reason; `whole` when there is nothing to resume from */
  cut(why: string, whole: boolean): void;
  /** It is back */
  back(): void;
}

/** Milliseconds to wait before the next try, longer each time, never quite the same. */
const pause = (tries: number, random: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, random * Math.min(5_000, 200 * 2 ** tries)));

type Errors = readonly { message: string; extensions?: Record<string, unknown> | undefined }[];

/** That labd dropped us, for being slow or for another reason, is as good as a cut: we resume. */
function dropped(errors: Errors): Cut | undefined {
  const found = errors.find(({ extensions }) => String(extensions?.['code']).startsWith('SUBSCRIBER_'));
  return found && new Cut(found.message);
}

/** Follows until it is interrupted, ended, or over. Throws CliError when labd was never there, or says no. */
export async function followOn<D>(target: Target, follower: Follower<D>): Promise<void> {
  const { terminal } = target;
  terminal.onSignal('SIGINT', () => terminal.exit(exits.interrupted));
  const { ended = new AbortController().signal } = follower;
  let { after } = follower;
  let met = false;
  /** Why it is away, as was told: that it still is is no news */
  const told = new Set<string>();
  for (let tries = 0; !ended.aborted; tries++) {
    try {
      const variables = { ...follower.variables, after };
      for await (const { data, errors } of follow(target, { query: follower.document, variables }, ended)) {
        if (errors) throw dropped(errors) ?? failed(errors as never);
        if (tries > 0) follower.back();
        tries = 0;
        told.clear();
        met = true;
        after = follower.each(data as D) ?? after;
      }
      return;
    } catch (error) {
      if (!(error instanceof Cut)) throw error;
      if (await follower.over?.().catch(() => false)) return;
      if (!met && after === undefined && tries === 0) throw away(target, error);
      if (!told.has(error.message)) follower.cut(harmless(error.message), after === undefined);
      told.add(error.message);
      await pause(tries, terminal.random());
    }
  }
}
