// Which labd a command talks to: what a flag says, then the environment, then the current context.
import { configFile, readConfig } from '../config.ts';
import { CliError } from '../errors.ts';
import { self } from '../self.ts';

export interface Target {
  readonly url: string;
  readonly token: string | undefined;
  /** Where the address comes from, for people */
  readonly from: string;
  /** The file with the authority that its certificate must come from; the machine's own when undefined */
  readonly authority?: string | undefined;
}

export interface TargetFlags {
  labd?: string | undefined;
  token?: string | undefined;
  context?: string | undefined;
}

export const fallback = 'http://127.0.0.1:4000/graphql';

function checked(url: string, from: string): string {
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return url;
  throw new CliError('usage', `"${url}" (${from}) is not the address of a labd.`, `Write one such as ${fallback}.`);
}

/** Finds the labd to talk to. Throws CliError for an address or a context that cannot be. */
export async function findTarget(flags: TargetFlags, env = process.env): Promise<Target> {
  const token = flags.token ?? env['LAB_TOKEN'];
  const authority = env['LAB_AUTHORITY'] || undefined;
  /** What is known of an address that was named by itself: a context's token goes to its own address and no other. */
  const byUrl = async (given: string, from: string): Promise<Target> => {
    const url = checked(given, from);
    const known = token === undefined || authority === undefined ? await readConfig() : undefined;
    const context = known?.contexts.find((one) => one.url === url);
    return { url, from, token: token ?? context?.token, authority: authority ?? context?.authority };
  };
  if (flags.labd) return byUrl(flags.labd, '--labd');
  const wanted = flags.context ?? env['LAB_CONTEXT'];
  if (!wanted && env['LAB_URL']) return byUrl(env['LAB_URL'], 'LAB_URL');
  const { contexts, currentContext } = await readConfig();
  const name = wanted ?? currentContext;
  if (!name) return { url: fallback, token, from: 'the default; no context is current' };
  const context = contexts.find((one) => one.name === name);
  if (!context) {
    const known = contexts.map((one) => one.name).join(', ') || 'none';
    throw new CliError(
      'usage',
      `There is no context "${name}" in ${configFile()}; there are: ${known}.`,
      `Try: ${self()} config list`,
    );
  }
  const from = `context "${name}" in ${configFile()}`;
  return {
    url: checked(context.url, from),
    token: token ?? context.token,
    from,
    authority: authority ?? context.authority,
  };
}
