// What labd is told at its start, by flags and environment variables.
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Limits } from './limits/limits.ts';
import { LIMIT_SETTINGS, limitHelp } from './limits/settings.ts';
import type { Retention } from './store/retention.ts';
import { LOG_LEVELS, type LogLevel } from './observe/log.ts';

/** How labd is to run. */
export interface Settings {
  host: string;
  port: number;
  /** Where the embedded database lies */
  data: string;
  /** PostgreSQL or CockroachDB, in place of the embedded database */
  databaseUrl: string | undefined;
  /** The file that the first administrator's token is left in */
  adminToken: string;
  /** Make another token for the administrator */
  newAdminToken: boolean;
  allowedHosts: string[];
  allowedOrigins: string[];
  logLevel: LogLevel;
  retention: Retention;
  /** What one operation may ask for; the rest is as limits.ts has it */
  limits: Partial<Limits>;
  /** Stop when standard input ends: the parent is gone */
  exitWithParent: boolean;
}

export type Wish = { do: 'run'; settings: Settings } | { do: 'print'; what: 'help' | 'version' };

/** The command line cannot be followed; the message says why and what to type. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const HELP = `labd keeps the lab's inventory and serves it as a graph.

  labd [--host ADDRESS] [--port N] [--data DIRECTORY] [--insecure]

  --host ADDRESS     where to listen (LABD_HOST; 127.0.0.1)
  --port N           the port of GraphQL, GraphiQL, /healthz, /readyz and /metrics (LABD_PORT; 4000)
  --data DIRECTORY   where the embedded database lies (LABD_DATA; $XDG_DATA_HOME/lab/labd)
  --insecure         listen on other addresses than loopback: whoever reaches them may do everything
  --new-admin-token  make another token for the user admin, because the first is lost
  --version, --help

  DATABASE_URL           PostgreSQL or CockroachDB, in place of the embedded database
  LABD_ADMIN_TOKEN       the file that the first administrator's token is left in (admin-token in the data directory)
  LABD_ALLOWED_HOSTS     more host names that labd goes by, separated by commas
  LABD_ALLOWED_ORIGINS   origins whose pages may call labd, such as https://ui.example, separated by commas
  LABD_KEEP_AUDIT, LABD_KEEP_HISTORY, LABD_KEEP_WATCH
                         for how long changes are kept for each, such as 400d or 12h (forever); they go when all three allow it
  LOG_LEVEL              ${LOG_LEVELS.join(', ')} (info)
${limitHelp}`;

const FLAGS = {
  host: { type: 'string' },
  port: { type: 'string' },
  data: { type: 'string' },
  insecure: { type: 'boolean' },
  'new-admin-token': { type: 'boolean' },
  version: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the command line and the environment; flags win. Throws UsageError. */
export function readSettings(args: string[], env: Environment): Wish {
  const flags = parse(args);
  if (flags.help) return { do: 'print', what: 'help' };
  if (flags.version) return { do: 'print', what: 'version' };
  const host = flags.host ?? (env['LABD_HOST'] || '127.0.0.1');
  if (!isLoopback(host) && !flags.insecure) {
    throw new UsageError(
      `${host} is not a loopback address, and labd does not check who calls yet: everybody who reaches it could change everything. ` +
        `Leave --host and LABD_HOST out to listen on 127.0.0.1, or, on a network where that is fine, add --insecure`,
    );
  }
  const data = resolve(
    flags.data ?? (env['LABD_DATA'] || join(env['XDG_DATA_HOME'] || join(homedir(), '.local', 'share'), 'lab', 'labd')),
  );
  return {
    do: 'run',
    settings: {
      host,
      port: port(flags.port ?? (env['LABD_PORT'] || '4000')),
      data,
      adminToken: resolve(env['LABD_ADMIN_TOKEN'] || join(data, 'admin-token')),
      newAdminToken: flags['new-admin-token'] ?? false,
      databaseUrl: env['DATABASE_URL'] || undefined,
      allowedHosts: list(env['LABD_ALLOWED_HOSTS']),
      allowedOrigins: list(env['LABD_ALLOWED_ORIGINS']).map(origin),
      logLevel: level(env['LOG_LEVEL'] || 'info'),
      limits: limits(env),
      retention: {
        audit: duration('LABD_KEEP_AUDIT', env),
        history: duration('LABD_KEEP_HISTORY', env),
        watch: duration('LABD_KEEP_WATCH', env),
      },
      exitWithParent: env['LAB_EXIT_WITH_PARENT'] === '1',
    },
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options: FLAGS, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split('. ')[0]}. labd --help lists what there is`);
  }
}

/** Milliseconds; null for ever. */
function duration(variable: string, env: Environment): number | null {
  const text = env[variable] || 'forever';
  if (text === 'forever') return null;
  const [, number, unit] = /^([1-9]\d{0,5})([dhm])$/.exec(text) ?? [];
  if (number === undefined || unit === undefined)
    throw new UsageError(
      `${JSON.stringify(text)} is not how long to keep changes: ${variable} takes such as 400d, 12h or forever`,
    );
  return Number(number) * UNITS[unit as keyof typeof UNITS];
}

const UNITS = { d: 86_400_000, h: 3_600_000, m: 60_000 } as const;

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

function port(text: string): number {
  const number = Number(text);
  if (!/^\d{1,5}$/.test(text) || number > 65_535)
    throw new UsageError(`${JSON.stringify(text)} is not a port: give --port or LABD_PORT a number from 0 to 65535`);
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
