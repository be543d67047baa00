// Reads labd's settings from flags and environment variables.
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Limits } from './limits/limits.ts';
import { LIMIT_SETTINGS, limitHelp } from './limits/settings.ts';
import type { Retention } from './store/types.ts';
import type { OpenIdSettings } from './domain/access/openid.ts';
import { CERTIFICATE_LIFE } from './domain/access/authority.ts';
import type { KeySource } from './domain/secrets/loadKeyring.ts';
import { LOG_LEVELS, type LogLevel } from './observe/log.ts';

/** How labd is to run. */
export interface Settings {
  /** Where TLS is served; plain HTTP is on loopback, whatever this says */
  host: string;
  port: number;
  tlsPort: number;
  /** Milliseconds that certificates of bastions and agents are good for; the default when undefined */
  certificateLife: number | undefined;
  /** Where the embedded database lies */
  data: string;
  /** PostgreSQL or CockroachDB, in place of the embedded database */
  databaseUrl: string | undefined;
  /** The key that secrets are encrypted with */
  key: KeySource | undefined;
  /** Of metrics alone, without a credential */
  metricsPort: number | undefined;
  /** The file that the first administrator's token is left in */
  adminToken: string;
  /** Make another token for the administrator */
  newAdminToken: boolean;
  allowedHosts: string[];
  allowedOrigins: string[];
  logLevel: LogLevel;
  openId: OpenIdSettings | undefined;
  retention: Retention;
  /** What one operation may ask for; the rest is as limits.ts has it */
  limits: Partial<Limits>;
  /** Stop when standard input ends: the parent is gone */
  exitWithParent: boolean;
}

export type ParsedOptions =
  | { do: 'run'; settings: Settings }
  /** `overlap`: milliseconds that the authority before is good */
  | { do: 'rotate-authority'; settings: Settings; overlap: number }
  | { do: 'print'; what: 'help' | 'version' };

/** The command line cannot be followed; the message says why and what to type. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const HELP = `labd keeps the lab's inventory and serves it as a graph.

  labd [--host ADDRESS] [--port N] [--tls-port N] [--data DIRECTORY]
  labd rotate-authority [--overlap 90d] [--data DIRECTORY]

  --host ADDRESS     where TLS is served (LABD_HOST; 127.0.0.1)
  --port N           the port of plain HTTP, on loopback only: GraphQL, GraphiQL, /healthz, /readyz, /metrics (LABD_PORT; 4000)
  --tls-port N       the port of the same over TLS, for people and bastions elsewhere (LABD_TLS_PORT; 4443)
  --data DIRECTORY   where the embedded database lies (LABD_DATA; $XDG_DATA_HOME/lab/labd)
  --new-admin-token  make another token for the user admin, because the first is lost
  --version, --help

  rotate-authority   replaces labd's authority: the old key signs the new one, and both are good for --overlap; bastions,
                     contexts of lab and join tokens follow, and running labd take the new one by themselves (an embedded
                     database has one labd: stop that first). 0 makes the old one worthless at once, as when it was stolen

  DATABASE_URL           PostgreSQL or CockroachDB, in place of the embedded database
  LABD_KEY, LABD_KEY_FILE
                         the key that secrets are encrypted with, or a file that holds it, the same for every labd on a
                         database; made with: openssl rand -base64 32. Of several, one a line, the first encrypts
  LABD_METRICS_PORT      a port for /metrics alone, on --host, without a credential; else it takes read on everything
  LABD_ADMIN_TOKEN       the file that the first administrator's token is left in (admin-token in the data directory)
  LABD_ALLOWED_HOSTS     more host names that labd goes by, separated by commas
  LABD_CERTIFICATE_TTL   how long certificates of bastions are good, such as 12h (7d); they renew them by themselves
  LABD_ALLOWED_ORIGINS   origins whose pages may call labd, such as https://ui.example, separated by commas
  LABD_KEEP_AUDIT, LABD_KEEP_HISTORY, LABD_KEEP_WATCH
                         for how long changes are kept for each, such as 400d or 12h (forever); they go when all three allow it
  LABD_OIDC_ISSUER, LABD_OIDC_CLIENT_ID
                         an OpenID Connect provider that vouches for people, and what labd is called there (a public client)
  LABD_OIDC_NAME_CLAIM   the claim that a user's name is taken from (preferred_username)
  LOG_LEVEL              ${LOG_LEVELS.join(', ')} (info)
${limitHelp}`;

const FLAGS = {
  host: { type: 'string' },
  port: { type: 'string' },
  data: { type: 'string' },
  'tls-port': { type: 'string' },
  'new-admin-token': { type: 'boolean' },
  overlap: { type: 'string' },
  version: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the command line and the environment; flags win. Throws UsageError. */
export function readSettings(args: string[], env: Environment): ParsedOptions {
  const { values: flags, positionals } = parse(args);
  if (flags.help) return { do: 'print', what: 'help' };
  if (flags.version) return { do: 'print', what: 'version' };
  const host = flags.host ?? (env['LABD_HOST'] || '127.0.0.1');
  const data = resolve(
    flags.data ?? (env['LABD_DATA'] || join(env['XDG_DATA_HOME'] || join(homedir(), '.local', 'share'), 'lab', 'labd')),
  );
  const rotating = positionals[0] === ROTATE;
  if (positionals.length > (rotating ? 1 : 0))
    throw new UsageError(
      `labd has no command ${JSON.stringify(positionals[rotating ? 1 : 0])}. labd --help lists what there is`,
    );
  if (flags.overlap !== undefined && !rotating)
    throw new UsageError(`--overlap goes with labd ${ROTATE}. labd --help lists what there is`);
  const settings: Settings = {
    host,
    port: port(flags.port ?? (env['LABD_PORT'] || '4000'), 'port', 'LABD_PORT'),
    tlsPort: port(flags['tls-port'] ?? (env['LABD_TLS_PORT'] || '4443'), 'tls-port', 'LABD_TLS_PORT'),
    certificateLife: life(env['LABD_CERTIFICATE_TTL'], 'LABD_CERTIFICATE_TTL'),
    data,
    metricsPort: env['LABD_METRICS_PORT']
      ? port(env['LABD_METRICS_PORT'], 'metrics-port', 'LABD_METRICS_PORT')
      : undefined,
    adminToken: resolve(env['LABD_ADMIN_TOKEN'] || join(data, 'admin-token')),
    newAdminToken: flags['new-admin-token'] ?? false,
    databaseUrl: env['DATABASE_URL'] || undefined,
    key: key(env),
    allowedHosts: list(env['LABD_ALLOWED_HOSTS']),
    allowedOrigins: list(env['LABD_ALLOWED_ORIGINS']).map(origin),
    logLevel: level(env['LOG_LEVEL'] || 'info'),
    limits: limits(env),
    openId: openId(env),
    retention: {
      audit: kept('LABD_KEEP_AUDIT', env),
      history: kept('LABD_KEEP_HISTORY', env),
      watch: kept('LABD_KEEP_WATCH', env),
    },
    exitWithParent: env['LAB_EXIT_WITH_PARENT'] === '1',
  };
  if (!rotating) return { do: 'run', settings };
  return {
    do: ROTATE,
    settings,
    overlap: overlap(flags.overlap ?? '90d', settings.certificateLife ?? CERTIFICATE_LIFE),
  };
}

const ROTATE = 'rotate-authority';

/** How long the authority before is good, milliseconds: not at all, or until every bastion has renewed its certificate. */
function overlap(text: string, certificateLife: number): number {
  if (text === '0') return 0;
  const length = lengthOf(text);
  if (length === undefined || length > 3650 * UNITS['d']!)
    throw new UsageError(
      `${JSON.stringify(text)} is not for how long: --overlap takes such as 90d or 36h, at most 3650d, or 0`,
    );
  if (length < certificateLife)
    throw new UsageError(
      `${text} is shorter than certificates of bastions are good for (${certificateLife / UNITS['h']!}h): some would be locked out. Give --overlap at least that, or 0 to make the old authority worthless at once`,
    );
  return length;
}

function key(env: Environment): KeySource | undefined {
  const [text, file] = [env['LABD_KEY'], env['LABD_KEY_FILE']];
  if (text && file) throw new UsageError('LABD_KEY and LABD_KEY_FILE are both set: set one of them');
  if (file) return { file: resolve(file) };
  return text ? { text } : undefined;
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options: FLAGS, allowPositionals: true });
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split('. ')[0]}. labd --help lists what there is`);
  }
}

function port(text: string, flag: string, variable: string): number {
  const number = Number(text);
  if (!/^\d{1,5}$/.test(text) || number > 65_535)
    throw new UsageError(
      `${JSON.stringify(text)} is not a port: give --${flag} or ${variable} a number from 0 to 65535`,
    );
  return number;
}

function limits(env: Environment): Partial<Limits> {
  const given = LIMIT_SETTINGS.filter(({ variable }) => env[variable]);
  return Object.fromEntries(
    given.map(({ variable, limit, min, max, unit = 1 }) => {
      const text = env[variable]!;
      const number = Number(text);
      if (!/^\d{1,10}$/.test(text) || number < min || number > max)
        throw new UsageError(
          `${JSON.stringify(text)} is no such limit: set ${variable} to a whole number from ${min} to ${max}, or leave it out`,
        );
      return [limit, number * unit];
    }),
  );
}

const MINUTE = 60_000;
const UNITS: Readonly<Record<string, number>> = { m: MINUTE, h: 60 * MINUTE, d: 24 * 60 * MINUTE };

/** Milliseconds of what is written such as `90m`, `12h` or `7d`; undefined for anything else. */
function lengthOf(text: string): number | undefined {
  const [, count, unit] = /^([1-9]\d{0,5})([mhd])$/.exec(text) ?? [];
  return count === undefined ? undefined : Number(count) * UNITS[unit!]!;
}

/** For how long changes are kept, milliseconds; null for ever. */
function kept(variable: string, env: Environment): number | null {
  const text = env[variable] || 'forever';
  if (text === 'forever') return null;
  const length = lengthOf(text);
  if (length === undefined)
    throw new UsageError(
      `${JSON.stringify(text)} is not how long to keep changes: ${variable} takes such as 400d, 12h or forever`,
    );
  return length;
}

/** For how long certificates are good, milliseconds. */
function life(text: string | undefined, variable: string): number | undefined {
  if (!text) return undefined;
  const length = lengthOf(text) ?? 0;
  if (length < MINUTE || length > 366 * UNITS['d']!)
    throw new UsageError(
      `${JSON.stringify(text)} is not a time that a certificate can be good for: give ${variable} one from 1m to 366d, such as 12h`,
    );
  return length;
}

function openId(env: Environment): OpenIdSettings | undefined {
  const [issuer, clientId] = [env['LABD_OIDC_ISSUER'], env['LABD_OIDC_CLIENT_ID']];
  if (!issuer && !clientId) return undefined;
  if (!issuer || !clientId)
    throw new UsageError('LABD_OIDC_ISSUER and LABD_OIDC_CLIENT_ID go together: set both, or neither');
  if (!URL.canParse(issuer) || !/^https?:$/.test(new URL(issuer).protocol))
    throw new UsageError(
      `${JSON.stringify(issuer)} is not the address of a provider: LABD_OIDC_ISSUER takes such as https://sso.example`,
    );
  return { issuer, clientId, nameClaim: env['LABD_OIDC_NAME_CLAIM'] || 'preferred_username' };
}

function level(text: string): LogLevel {
  const found = LOG_LEVELS.find((one) => one === text.toLowerCase());
  if (found === undefined)
    throw new UsageError(
      `${JSON.stringify(text)} is not a log level: set LOG_LEVEL to one of ${LOG_LEVELS.join(', ')}`,
    );
  return found;
}

function origin(text: string): string {
  if (!/^https?:\/\/[^/\s]+$/i.test(text))
    throw new UsageError(
      `${JSON.stringify(text)} is not an origin: LABD_ALLOWED_ORIGINS takes such as https://ui.example`,
    );
  return text.toLowerCase();
}

function list(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
}
