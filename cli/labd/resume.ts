// Following a subscription through restarts of labd: resumed where it was cut, without a gap or a repeat.
import { exits } from '../errors.ts';
import { harmless } from '../text.ts';
import { failed } from './http.ts';
import { away, Cut, follow } from './stream.ts';
import type { Target } from './target.ts';

/** What a follower says and does. */
export interface Follower<D> {
  readonly document: string;
  readonly variables: object;
  /** Where to begin; absent for the present */
  readonly after?: string | undefined;
  /** Takes what came. Returns the revision to resume from; undefined when there is none yet, or none new */
  each(data: D): string | undefined;
  /** The connection was cut, and is tried again; `whole` when there is nothing to resume from */
  cut(why: string, whole: boolean): void;
  /** It is back */
  back(): void;
}

/** Milliseconds to wait before the next try, longer each time, never quite the same. */
const pause = (tries: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, Math.random() * Math.min(5_000, 200 * 2 ** tries)));

type Errors = readonly { message: string; extensions?: Record<string, unknown> | undefined }[];

/** That labd dropped us, for being slow or for another reason, is as good as a cut: we resume. */
function dropped(errors: Errors): Cut | undefined {
  const found = errors.find(({ extensions }) => String(extensions?.['code']).startsWith('SUBSCRIBER_'));
  return found && new Cut(found.message);
}

/** Follows until it is interrupted. Throws CliError when labd was never there, or says no. */
export async function followOn<D>(target: Target, follower: Follower<D>): Promise<void> {
  process.once('SIGINT', () => process.exit(exits.interrupted));
  const ended = new AbortController();
  let { after } = follower;
  let met = false;
  for (let tries = 0; ; tries++) {
    try {
      const variables = { ...follower.variables, after };
      for await (const { data, errors } of follow(target, { query: follower.document, variables }, ended.signal)) {
        if (errors) throw dropped(errors) ?? failed(errors as never);
        if (tries > 0) follower.back();
        tries = 0;
        met = true;
        after = follower.each(data as D) ?? after;
      }
    } catch (error) {
      if (!(error instanceof Cut)) throw error;
      if (!met && after === undefined && tries === 0) throw away(target, error);
      follower.cut(harmless(error.message), after === undefined);
      await pause(tries);
    }
  }
}
