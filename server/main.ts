// The labd executable: reads its settings, starts, and ends well.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { version } from '../schema/base/version.ts';
import { realSystem } from '../common/system.ts';
import { startLabd, type Labd } from './labd.ts';
import { openLog } from './observe/log.ts';
import { replaceAuthority, sayRotated } from './rotation.ts';
import { goBack, snapshotTable } from './store/embedded/goBack.ts';
import { HELP } from './help.ts';
import { readSettings, UsageError, type Settings } from './options.ts';

interface WantedAddress {
  host: string;
  address: string;
  port: number | undefined;
  how: string;
}

/** What is wrong with an address, by Node's code, in words with a remedy. */
const ADDRESS_FAULTS: Readonly<Record<string, (wanted: WantedAddress) => string>> = {
  EADDRINUSE: ({ address, port, how }) =>
    `port ${port} on ${address} is in use: stop what listens there, or choose another with ${how}`,
  EACCES: ({ port, how }) => `port ${port} may not be used by this user: choose one above 1023 with ${how}`,
  EADDRNOTAVAIL: ({ host }) =>
    `this machine does not have the address ${host}: choose another with --host or LABD_HOST`,
  ENOTFOUND: ({ host }) => `${host} is not known here: give --host or LABD_HOST an address of this machine`,
};

/** The address that could not be had, and how to choose another port there. */
function wantedBy(
  settings: Settings,
  error: NodeJS.ErrnoException & { address?: string; port?: number },
): WantedAddress {
  const { host, tlsPort } = settings;
  const { address = host, port } = error;
  // The plain port is asked for first: when both are the same number, the second is the one that is taken.
  const how = port === tlsPort ? '--tls-port or LABD_TLS_PORT' : '--port or LABD_PORT';
  return { host, address, port, how };
}

/** Files beside the bundle; in a checkout that is not built, the migrations are elsewhere and the rest is absent. */
function packed(name: string): string | undefined {
  const path = fileURLToPath(new URL(`./${name}`, import.meta.url));
  return existsSync(path) ? path : undefined;
}

async function run(settings: Settings): Promise<void> {
  const log = openLog(settings.logLevel);
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'A promise was rejected and nobody looked'));
  const asked = new Set<string>();
  const running: { labd?: Labd } = {};
  /** Stops; asked twice in the same way, at once. (Ctrl-C reaches labd from the terminal and again from its parent.) */
  const stop = (why: string, forced: number | undefined) => {
    if (asked.has(why) && forced !== undefined) process.exit(forced);
    const first = asked.size === 0;
    asked.add(why);
    if (!first) return;
    log.info({ why }, 'labd was asked to stop');
    // While it starts there is nothing to let finish: opening a database is made to be interrupted.
    if (running.labd === undefined) process.exit(0);
    running.labd.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'labd could not stop well');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', () => stop('SIGTERM', 143));
  process.on('SIGINT', () => stop('SIGINT', 130));
  if (settings.exitWithParent) {
    process.stdin.on('error', () => {}).once('close', () => stop('the parent is gone', undefined));
    process.stdin.resume();
  }
  running.labd = await startLabd({
    ...settings,
    log,
    system: { ...realSystem, patience: settings.patience },
    graphiql: packed('graphiql'),
    migrations: migrations(),
    seed: packed('seed.tar.gz') ?? null,
  });
}

const migrations = (): string =>
  packed('migrations') ?? fileURLToPath(new URL('../prisma/migrations', import.meta.url));

async function main(): Promise<void> {
  let settings: Settings | undefined;
  try {
    const wish = readSettings(process.argv.slice(2), process.env);
    if (wish.do === 'print') {
      process.stdout.write(wish.what === 'help' ? HELP : `labd ${version}\n`);
      return;
    }
    if (wish.do === 'restore') {
      const { data, list, snapshot: wanted } = wish.restoring;
      const back = () => goBack({ data, wanted, logger: openLog('warn'), system: realSystem });
      process.stdout.write(list ? await snapshotTable(data) : `${await back()}\n`);
      return;
    }
    settings = wish.settings;
    if (wish.do === 'rotate-authority') {
      const log = openLog(settings.logLevel);
      const options = { ...settings, log, system: realSystem, migrations: migrations() };
      process.stdout.write(sayRotated(await replaceAuthority(options, wish.overlap), wish.overlap));
      return;
    }
    await run(settings);
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    const fault = syscall === 'listen' || syscall === 'getaddrinfo' ? ADDRESS_FAULTS[code ?? ''] : undefined;
    const text =
      fault !== undefined && settings !== undefined
        ? fault(wantedBy(settings, error as NodeJS.ErrnoException))
        : error instanceof Error
          ? error.message
          : String(error);
    process.stderr.write(`labd: ${text}\n`);
    process.exit(error instanceof UsageError ? 2 : 1);
  }
}

await main();
