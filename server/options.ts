// Reads labd's settings from flags and environment variables.
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Limits } from './limits/limits.ts';
import { LIMIT_SETTINGS } from './limits/settings.ts';
import type { Retention } from './store/types.ts';
import { addressList } from './operation/peer.ts';
import type { OpenIdSettings } from './domain/access/openid.ts';
import { CERTIFICATE_LIFE } from './domain/access/authority.ts';
import type { KeySource } from './domain/secrets/loadKeyring.ts';
import type { Patience } from '../common/patience.ts';
import { LOG_LEVELS, type LogLevel } from './observe/log.ts';

/** How labd is to run. */
export interface Settings {
  /** Where TLS is served; plain HTTP is on loopback, whatever this says */
  host: string;
  port: number;
  tlsPort: number;
  /** Milliseconds that certificates of bastions and agents are good for; the default when undefined */
  certificateLife: number | undefined;
  /** How long installs may take, as far as that is set */
  patience: Partial<Patience>;
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
  /** Proxies whose word counts on who calls, and whether over TLS */
  trustedProxies: string[];
  logLevel: LogLevel;
  openId: OpenIdSettings | undefined;
  retention: Retention;
  /** What one operation may ask for; the rest is as limits.ts has it */
  limits: Partial<Limits>;
  /** Stop when standard input ends: the parent is gone */
  exitWithParent: boolean;
}

/** Going back to a snapshot of the embedded database, or listing what there is to go back to. */
interface Restoring {
  data: string;
  list: boolean;
  /** The name of a snapshot; undefined for the newest */
  snapshot: string | undefined;
}

export type ParsedOptions =
  | { do: 'run'; settings: Settings }
  | { do: 'restore'; restoring: Restoring }
  /** `overlap`: milliseconds that the authority before is good */
  | { do: 'rotate-authority'; settings: Settings; overlap: number }
  | { do: 'print'; what: 'help' | 'version' };

/** The command line cannot be followed; the message says why and what to type. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

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
  const command = Object.hasOwn(COMMANDS, args[0] ?? '') ? (args[0] as keyof typeof COMMANDS) : undefined;
  return command === undefined ? readRun(args, env) : COMMANDS[command](args.slice(1), env);
}

function readRun(args: string[], env: Environment): ParsedOptions {
  const flags = parse(args);
  if (flags.help) return { do: 'print', what: 'help' };
  if (flags.version) return { do: 'print', what: 'version' };
  if (flags.overlap !== undefined)
    throw new UsageError('--overlap goes with labd rotate-authority. labd --help lists what there is');
  return { do: 'run', settings: settingsOf(flags, env) };
}

function settingsOf(flags: Flags, env: Environment): Settings {
  const host = flags.host ?? (env['LABD_HOST'] || '127.0.0.1');
  const data = dataDirectory(flags.data, env);
  return {
    host,
    port: port(flags.port ?? (env['LABD_PORT'] || '4000'), 'port', 'LABD_PORT'),
    tlsPort: port(flags['tls-port'] ?? (env['LABD_TLS_PORT'] || '4443'), 'tls-port', 'LABD_TLS_PORT'),
    certificateLife: life(env['LABD_CERTIFICATE_TTL'], 'LABD_CERTIFICATE_TTL'),
    patience: patience(env),
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
    trustedProxies: proxies(list(env['LABD_TRUSTED_PROXIES'])),
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
}

function readRotating(args: string[], env: Environment): ParsedOptions {
  const flags = parse(args);
  if (flags.help) return { do: 'print', what: 'help' };
  const settings = settingsOf(flags, env);
  const length = overlap(flags.overlap ?? '90d', settings.certificateLife ?? CERTIFICATE_LIFE);
  return { do: 'rotate-authority', settings, overlap: length };
}

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

const dataDirectory = (given: string | undefined, env: Environment): string =>
  resolve(
    given ?? (env['LABD_DATA'] || join(env['XDG_DATA_HOME'] || join(homedir(), '.local', 'share'), 'lab', 'labd')),
  );

function readRestoring(args: string[], env: Environment): ParsedOptions {
  const options = { data: { type: 'string' }, list: { type: 'boolean' } } as const;
  const { values, positionals } = understood(() => parseArgs({ args, options, allowPositionals: true }));
  if (positionals.length > 1)
    throw new UsageError(`labd goes back to one snapshot: name one of ${positionals.join(', ')}`);
  if (env['DATABASE_URL'])
    throw new UsageError(
      'Snapshots are of the embedded database, and DATABASE_URL names another: restore that with its own tools',
    );
  const data = dataDirectory(values.data, env);
  return { do: 'restore', restoring: { data, list: values.list ?? false, snapshot: positionals[0] } };
}

/** What labd does besides running, by the first word. */
const COMMANDS = { restore: readRestoring, 'rotate-authority': readRotating } as const;

type Flags = ReturnType<typeof parse>;

const parse = (args: string[]) => understood(() => parseArgs({ args, options: FLAGS, allowPositionals: false })).values;

function understood<T>(read: () => T): T {
  try {
    return read();
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

/** A time from a minute to so many days, milliseconds; `what` is such a time in words. */
function time(text: string | undefined, variable: string, what: string, days: number): number | undefined {
  if (!text) return undefined;
  const length = lengthOf(text) ?? 0;
  if (length < MINUTE || length > days * UNITS['d']!)
    throw new UsageError(
      `${JSON.stringify(text)} is not a time that ${what}: give ${variable} one from 1m to ${days}d, such as 12h`,
    );
  return length;
}

const life = (text: string | undefined, variable: string) => time(text, variable, 'a certificate can be good for', 366);

function patience(env: Environment): Partial<Patience> {
  const [phaseTime, installTime] = ['LABD_PHASE_TIME', 'LABD_INSTALL_TIME'].map((variable) =>
    time(env[variable], variable, 'an install can take', 7),
  );
  return { ...(phaseTime && { phaseTime }), ...(installTime && { installTime }) };
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

function proxies(given: string[]): string[] {
  const wrong = given.find((one) => addressList([one]) === undefined);
  if (wrong === undefined) return given;
  throw new UsageError(
    `${JSON.stringify(wrong)} is not the address of a proxy: LABD_TRUSTED_PROXIES takes such as 127.0.0.1 or 10.0.0.0/8`,
  );
}

function list(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
}
