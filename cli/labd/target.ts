// Which labd a command talks to: what a flag says, then the environment, then the current context.
import { addressOf, fallback } from '../config/address.ts';
import { configFile, type Context, readConfig } from '../config/config.ts';
import { CliError } from '../terminal/errors.ts';
import type { Terminal } from '../terminal/terminal.ts';

export interface Target {
  readonly url: string;
  readonly token: string | undefined;
  /** Where the address comes from, for people */
  readonly from: string;
  /** Where the token comes from, for people */
  readonly tokenFrom?: string | undefined;
  /** The words that sign in there; just `login` when undefined */
  readonly login?: string | undefined;
  /** The file with the authority that its certificate must come from; the machine's own when undefined */
  readonly authority?: string | undefined;
  /** Where its context works: what is made is made there, and lists keep to it, unless something else is said */
  readonly place?: Place | undefined;
  /** Print each document and its variables on standard error */
  readonly showQuery?: boolean;
  /** Whose clock, chance and standard error it has */
  readonly terminal: Terminal;
}

/** A cloud, an environment, or both. */
type Place = Pick<Context, 'cloud' | 'environment'>;

export interface TargetFlags {
  'show-query'?: boolean;
  labd?: string | undefined;
  token?: string | undefined;
  context?: string | undefined;
}

/** Finds the labd to talk to. Throws CliError for an address or a context that cannot be. */
export async function findTarget(flags: TargetFlags, terminal: Terminal): Promise<Target> {
  const target = await named(flags, terminal);
  return flags['show-query'] ? { ...target, showQuery: true } : target;
}

const placeOf = ({ cloud, environment }: Context): Place => ({
  ...(cloud ? { cloud } : {}),
  ...(environment ? { environment } : {}),
});

/** Whether an address in the configuration is this one, in whatever way it is written there. */
export function sameAddress(kept: string, url: string): boolean {
  try {
    return addressOf(kept, '') === url;
  } catch {
    return false;
  }
}

async function named(flags: TargetFlags, terminal: Terminal): Promise<Target> {
  const { env } = terminal;
  const given = flags.token ?? env['LAB_TOKEN'];
  const authority = env['LAB_AUTHORITY'] || undefined;
  /** What signs in: a token that was given, before the one that the context keeps. */
  const signedInBy = (context: Context | undefined) => ({
    token: given ?? context?.token,
    tokenFrom: flags.token !== undefined ? '--token' : given !== undefined ? 'LAB_TOKEN' : `context "${context?.name}"`,
    authority: authority ?? context?.authority,
    terminal,
  });
  /** What is known of an address that was named by itself: a context's token goes to its own address and no other. */
  const byUrl = async (address: string, from: string, login?: string): Promise<Target> => {
    const url = addressOf(address, from);
    const known = given === undefined || authority === undefined ? await readConfig(terminal) : undefined;
    const there = known?.contexts.filter((one) => sameAddress(one.url, url));
    const context = there?.find(({ name }) => name === flags.context) ?? there?.[0];
    return { url, from, login, ...signedInBy(context) };
  };
  if (flags.labd) return byUrl(flags.labd, '--labd', `login --labd ${flags.labd}`);
  const wanted = flags.context ?? env['LAB_CONTEXT'];
  if (!wanted && env['LAB_URL']) return byUrl(env['LAB_URL'], 'LAB_URL');
  const { contexts, currentContext } = await readConfig(terminal);
  const name = wanted ?? currentContext;
  if (!name) return { url: fallback, from: 'the default; no context is current', ...signedInBy(undefined) };
  const context = contexts.find((one) => one.name === name);
  if (!context) {
    const known = contexts.map((one) => one.name).join(', ') || 'none';
    throw new CliError(
      'usage',
      `There is no context "${name}" in ${configFile(env)}; there are: ${known}.`,
      (lab) => `Try: ${lab} config list`,
    );
  }
  const from = `context "${name}" in ${configFile(env)}`;
  const login = wanted ? `login --context ${wanted}` : undefined;
  return { url: addressOf(context.url, from), from, login, place: placeOf(context), ...signedInBy(context) };
}
