// The command line and the environment of lab-bastion.
import { hostname } from 'node:os';
import { parseArgs } from 'node:util';
import { bastionDirectory } from '../common/bastionDirectory.ts';
import { isDnsLabel } from '../common/dnsLabel.ts';
import { parseRange } from '../common/ipv4.ts';
import type { BastionOptions } from './bastion.ts';

/** The command line or the environment says something that cannot be. */
export class UsageError extends Error {}

type Settings = Omit<BastionOptions, 'log'>;

export type Command = { run: Settings } | { print: 'help' | 'version' };

export const HELP = `Finds machines at a site and reports them to labd.

Usage: lab-bastion [flags]

Flags (each with the variable that sets it too):
  --dir DIR            what it keeps             BASTION_DIR          ~/.local/share/lab/bastion
  --port PORT          where machines report     BASTION_PORT         8080
  --host ADDRESS                                 BASTION_HOST         0.0.0.0
  --allowed-hosts NAMES  more names of it        BASTION_ALLOWED_HOSTS
  --name NAME          this bastion              BASTION_NAME         the host's name
  --cloud NAME         of what it discovers      BASTION_CLOUD        default
  --environment NAME                             BASTION_ENVIRONMENT  default
  --labd URL           the API server            LAB_URL              http://127.0.0.1:4000/graphql
  --token-file FILE    holds the token           BASTION_TOKEN_FILE
  --spool-limit MB     kept while labd is away   BASTION_SPOOL_LIMIT  512
  --interface NAME     serves DHCP there; again  BASTION_INTERFACES   none, so that it serves none
                       for more, or with commas
  --force              also beside another DHCP  BASTION_FORCE (0 or 1)
                       server
  --http-boot          boots machines that DHCP  BASTION_HTTP_BOOT (0 or 1)
                       elsewhere sends to http://ADDRESS:PORT/boot.ipxe
  --simulate-boot      boots made-up machines    BASTION_SIMULATE_BOOT (0 or 1)
  --standalone         calls no labd: people     BASTION_STANDALONE (0 or 1)
                       ask it to install
  --dhcp-range FROM-TO  gives out addresses,     BASTION_DHCP_RANGE
                       with --standalone
  --help, --version

A bastion joins a labd at https://HOST:4443/graphql with a token from lab create token --bastion NAME, which is read
from BASTION_TOKEN or from a file. What it gets for it is in its directory, and is renewed by itself. Logs are JSON lines on standard error.`;

const FLAGS = {
  dir: { type: 'string' },
  port: { type: 'string' },
  host: { type: 'string' },
  'allowed-hosts': { type: 'string' },
  name: { type: 'string' },
  cloud: { type: 'string' },
  environment: { type: 'string' },
  labd: { type: 'string' },
  'token-file': { type: 'string' },
  'spool-limit': { type: 'string' },
  interface: { type: 'string', multiple: true },
  force: { type: 'boolean' },
  'http-boot': { type: 'boolean' },
  'simulate-boot': { type: 'boolean' },
  standalone: { type: 'boolean' },
  'dhcp-range': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const;

/** The flags that take a value, once. */
type Text = keyof {
  [
    F in keyof typeof FLAGS as (typeof FLAGS)[F] extends { type: 'string'; multiple: true } | { type: 'boolean' }
      ? never
      : F
  ]: F;
};

/** Reads the command line; flags win over the environment. Throws UsageError with what to type instead. */
export function readCommand(args: readonly string[], env: NodeJS.ProcessEnv): Command {
  const flags = parse(args);
  if (flags.help) return { print: 'help' };
  if (flags.version) return { print: 'version' };
  const setting = (flag: Text, variable: string, otherwise: string) => ({
    value: flags[flag] ?? (env[variable] || otherwise),
    from: flags[flag] === undefined ? variable : `--${flag}`,
  });
  const standalone = flags.standalone ?? yes('BASTION_STANDALONE', env);
  const token = env['BASTION_TOKEN'] || undefined;
  const tokenFile = setting('token-file', 'BASTION_TOKEN_FILE', '').value || undefined;
  const dhcpRange = range(setting('dhcp-range', 'BASTION_DHCP_RANGE', ''));
  if (standalone && (token ?? tokenFile) !== undefined)
    throw new UsageError('--standalone calls no labd, and there is a token to join one: leave out one of the two');
  if (!standalone && dhcpRange !== undefined)
    throw new UsageError(
      "--dhcp-range is of --standalone: labd's networks say it otherwise, lab create network --help",
    );
  return {
    run: {
      dir: flags.dir ?? bastionDirectory(env),
      port: number(setting('port', 'BASTION_PORT', '8080'), 0, 65_535),
      host: setting('host', 'BASTION_HOST', '0.0.0.0').value,
      allowedHosts: listed(setting('allowed-hosts', 'BASTION_ALLOWED_HOSTS', '').value),
      name: label(setting('name', 'BASTION_NAME', asLabel(hostname()))),
      cloud: label(setting('cloud', 'BASTION_CLOUD', 'default')),
      environment: label(setting('environment', 'BASTION_ENVIRONMENT', 'default')),
      labd: address(setting('labd', 'LAB_URL', 'http://127.0.0.1:4000/graphql')),
      nameIsHosts: flags.name === undefined && !env['BASTION_NAME'],
      token,
      tokenFile,
      standalone,
      dhcpRange,
      spoolLimit: number(setting('spool-limit', 'BASTION_SPOOL_LIMIT', '512'), 1, 1_000_000) * 1024 * 1024,
      interfaces: listed(flags.interface?.join(',') ?? env['BASTION_INTERFACES'] ?? ''),
      forceDhcp: flags.force ?? yes('BASTION_FORCE', env),
      httpBoot: flags['http-boot'] ?? yes('BASTION_HTTP_BOOT', env),
      simulateBoot: flags['simulate-boot'] ?? yes('BASTION_SIMULATE_BOOT', env),
    },
  };
}

/** Names with commas between them. */
const listed = (text: string): string[] =>
  text
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);

interface Setting {
  value: string;
  from: string;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: FLAGS, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split('. ')[0]}. See lab-bastion --help`);
  }
}

function number({ value, from }: Setting, least: number, most: number): number {
  if (/^\d+$/.test(value) && Number(value) >= least && Number(value) <= most) return Number(value);
  throw new UsageError(`${from} is "${value}", and not a number from ${least} to ${most}. See lab-bastion --help`);
}

/** A variable that says yes or no. */
function yes(name: string, env: NodeJS.ProcessEnv): boolean {
  const value = env[name] || '0';
  if (value === '0' || value === '1') return value === '1';
  throw new UsageError(`${name} is "${value}", and neither 0 nor 1. See lab-bastion --help`);
}

/** Addresses from one to another; undefined for none. */
function range({ value, from }: Setting): string | undefined {
  if (value === '' || parseRange(value)) return value || undefined;
  throw new UsageError(`${from} is "${value}", and not a range such as 192.168.8.100-192.168.8.199`);
}

function label({ value, from }: Setting): string {
  if (isDnsLabel(value)) return value;
  const other = asLabel(value);
  throw new UsageError(
    `${from} is "${value}", and not a name: lower-case letters, digits and hyphens, 63 at most. Try "${other}"`,
  );
}

function address({ value, from }: Setting): string {
  if (URL.canParse(value) && /^(https?|wss?):$/.test(new URL(value).protocol)) return value;
  throw new UsageError(`${from} is "${value}", and not an address such as http://127.0.0.1:4000/graphql`);
}

/** A host's name as a DNS label: its first part, without what labels cannot have. */
function asLabel(name: string): string {
  const label = name
    .split('.')[0]!
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, '-')
    .slice(0, 63)
    .replaceAll(/^-+|-+$/g, '');
  return label || 'bastion';
}
