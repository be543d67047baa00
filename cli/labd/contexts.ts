// Which context signing in and out is about.
import type { Config, Context } from '../config/config.ts';
import type { Environment, Terminal } from '../terminal/terminal.ts';
import { addressOf, fallback } from '../config/address.ts';
import { sameAddress, type Target } from './target.ts';

/** What flags say of it. */
interface Wanted {
  context?: string | undefined;
  labd?: string | undefined;
}

/** A name for the context of an address: its host, and more of it where that is taken. */
function nameFor(url: string, { contexts }: Config): string {
  const { hostname, host } = new URL(url);
  const [short, long] = [hostname, host].map((text) => text.replaceAll(/[^\w.-]/g, '-')) as [string, string];
  const taken = (name: string) => contexts.some((one) => one.name === name);
  let name = taken(short) ? long : short;
  for (let n = 2; taken(name); n++) name = `${long}-${n}`;
  return name;
}

/** The context that is signed in to: the one named, the one with that address, the current one, or a new one. */
export function contextFor(config: Config, flags: Wanted, env: Environment): Context {
  const { contexts, currentContext } = config;
  const wanted = flags.context || env['LAB_CONTEXT'] || undefined;
  const named = contexts.find(({ name }) => name === wanted);
  const given = flags.labd || (named ? undefined : env['LAB_URL']) || undefined;
  const labd = given && addressOf(given, flags.labd ? '--labd' : 'LAB_URL');
  const there = labd
    ? contexts.find(({ url }) => sameAddress(url, labd))
    : contexts.find(({ name }) => name === currentContext);
  const known = named ?? (wanted === undefined ? there : undefined);
  if (known && (labd === undefined || sameAddress(known.url, labd))) return known;
  const url = labd ?? fallback;
  // What was known of one address says nothing of another.
  return { name: known?.name ?? wanted ?? (labd ? nameFor(labd, config) : 'local'), url };
}

/** A context as what to talk to, as who has this token. */
export const targetOf = ({ url, name, authority }: Context, token: string | undefined, terminal: Terminal): Target => ({
  url: addressOf(url, `context "${name}"`),
  token,
  from: `context "${name}"`,
  login: `login --context ${name}`,
  authority: terminal.env['LAB_AUTHORITY'] || authority,
  terminal,
});
