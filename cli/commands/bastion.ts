// lab bastion: starts, shows and ends the bastion of this host.
import * as Flags from '@oclif/core/flags';
import { type BastionHealth, healthIn } from '../bastion/health.ts';
import { runHere, startApart, stopIn } from '../bastion/program.ts';
import { dirFlag, directoryOf } from '../bastion/socket.ts';
import { Command, type CommandClass } from '../command/command.ts';
import { CliError } from '../terminal/errors.ts';
import { harmless } from '../terminal/text.ts';

/** Flags that are handed on to lab-bastion as they are; its own help says more of each. */
export const handedOn = {
  port: 'port where machines report (BASTION_PORT)',
  host: 'address to listen on (BASTION_HOST)',
  'allowed-hosts': 'more names that machines call it by (BASTION_ALLOWED_HOSTS)',
  name: 'name of this bastion (BASTION_NAME)',
  cloud: 'cloud of what it discovers (BASTION_CLOUD)',
  environment: 'environment of what it discovers (BASTION_ENVIRONMENT)',
  labd: 'URL of labd (LAB_URL)',
  'token-file': 'file that holds the token to join with (BASTION_TOKEN_FILE)',
  'spool-limit': 'MB that may wait while labd is away (BASTION_SPOOL_LIMIT)',
  'dhcp-range': 'addresses to give out, with --standalone (BASTION_DHCP_RANGE)',
} as const;

/** The same for those that may be given several times. */
export const handedOnEach = {
  interface: 'network interface to serve DHCP on (BASTION_INTERFACES)',
} as const;

/** The same for those that take no value. */
export const handedOnAlone = {
  force: 'serve DHCP also beside another server (BASTION_FORCE)',
  'http-boot': 'boot machines that DHCP elsewhere sends here (BASTION_HTTP_BOOT)',
  'simulate-boot': 'boot made-up machines (BASTION_SIMULATE_BOOT)',
  standalone: 'call no labd: people ask it to install (BASTION_STANDALONE)',
} as const;

class BastionStart extends Command {
  static override summary = 'Start the bastion of this host.';
  static override description =
    'It runs on when this command has ended, and writes to bastion.log in its directory; with --foreground it stays here, as a service manager wants it.';
  static override examples = [
    '<%= config.bin %> bastion start --name site-1 --labd https://labd.example:4443/graphql --token-file token',
    '<%= config.bin %> bastion start --foreground',
    '<%= config.bin %> bastion start --standalone --interface eth1',
  ];
  static override flags = {
    dir: dirFlag,
    foreground: Flags.boolean({ description: 'stay here until it ends' }),
    ...Object.fromEntries(Object.entries(handedOn).map(([name, description]) => [name, Flags.string({ description })])),
    ...Object.fromEntries(
      Object.entries(handedOnEach).map(([name, description]) => [name, Flags.string({ description, multiple: true })]),
    ),
    ...Object.fromEntries(
      Object.entries(handedOnAlone).map(([name, description]) => [name, Flags.boolean({ description })]),
    ),
  };

  async run(): Promise<number | void> {
    const { flags } = await this.parse(BastionStart);
    const given = flags as Readonly<Record<string, string | string[] | boolean | undefined>>;
    const directory = directoryOf(flags.dir, this.terminal);
    const running = await healthIn(directory);
    if (running)
      throw new CliError(
        'failed',
        `The bastion "${harmless(running.name)}" runs in ${directory} already (process ${running.pid}).`,
        (lab) =>
          `End it first: ${lab} bastion stop --dir ${directory}. Or start another with --dir DIR and --port PORT.`,
      );
    const args = [
      ...[...Object.keys(handedOn), ...Object.keys(handedOnEach)].flatMap((name) =>
        [given[name] ?? []].flat().flatMap((value) => [`--${name}`, String(value)]),
      ),
      ...Object.keys(handedOnAlone).flatMap((name) => (given[name] === true ? [`--${name}`] : [])),
      ...['--dir', directory],
    ];
    if (given['foreground'] === true) return runHere(this.terminal, args);
    const { name, pid, url } = await startApart(this.terminal, directory, args);
    this.terminal.out.write(`bastion/${harmless(name)} started (process ${pid}) at ${url}\n`);
  }
}

/** How its DHCP server is, and why something is not served. */
function dhcpOf({ dhcp }: BastionHealth): string {
  if (dhcp === undefined) return 'none';
  const { state, problem, networks, refused } = dhcp;
  const served = networks.length === 0 ? state : `${state} ${networks.join(', ')}`;
  return [served, ...(problem === undefined ? [] : [problem]), ...refused].join('; ');
}

const ramdisks: Readonly<Record<NonNullable<BastionHealth['ramdisk']>, string>> = {
  missing: 'not built',
  old: 'built by another version of the bastion: lab bastion files build discovery builds it anew',
  current: 'built by this version',
};

/** Of a bastion that was started before an upgrade. */
const UNTOLD = 'not told: an older version runs; end it and start it again, lab bastion stop, lab bastion start';

/** What `status` says, a line each. */
const lines: readonly (readonly [title: string, of: (health: BastionHealth) => string])[] = [
  ['Bastion', ({ name, version }) => `${name} (${version})`],
  ['Process', ({ pid }) => String(pid)],
  ['Machines report to', ({ url }) => url],
  ['Machines boot', ({ boots }) => boots ?? UNTOLD],
  ['Ramdisk', ({ ramdisk }) => (ramdisk === undefined ? UNTOLD : ramdisks[ramdisk])],
  ['DHCP', dhcpOf],
  ['Uplink to labd', ({ uplink }) => (uplink === 'none' ? 'none: it runs by itself' : uplink)],
  ['Machines known', ({ machines }) => String(machines)],
  [
    'Waiting for labd',
    ({ waiting, spoolBytes, lost = 0 }) =>
      `${waiting} reports (${Math.ceil(spoolBytes / 1024)} KB kept)${lost > 0 ? `; ${lost} older ones are lost: no labd took them` : ''}`,
  ],
];

const notRunning = (directory: string): CliError =>
  new CliError(
    'notFound',
    `No bastion runs in ${directory}.`,
    (lab) => `Start one: ${lab} bastion start. Or name another directory: --dir DIR.`,
  );

class BastionStatus extends Command {
  static override summary = 'Show how the bastion of this host is.';
  static override examples = ['<%= config.bin %> bastion status', '<%= config.bin %> bastion status -o json'];
  static override flags = {
    dir: dirFlag,
    output: Flags.string({ char: 'o', description: 'how to print', options: ['text', 'json'], default: 'text' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(BastionStatus);
    const directory = directoryOf(flags.dir, this.terminal);
    const health = await healthIn(directory);
    if (!health) throw notRunning(directory);
    const texts = {
      json: () => `${JSON.stringify({ ...health, directory }, null, 2)}\n`,
      text: () =>
        [...lines.map(([title, of]) => [title, of(health)]), ['Directory', directory]]
          .map(([title, what]) => `${`${title}:`.padEnd(20)}${harmless(what!)}\n`)
          .join(''),
    };
    this.terminal.out.write(texts[flags.output as keyof typeof texts]());
  }
}

class BastionStop extends Command {
  static override summary = 'End the bastion of this host; what it has not sent yet is kept.';
  static override examples = ['<%= config.bin %> bastion stop'];
  static override flags = { dir: dirFlag };

  async run(): Promise<void> {
    const { flags } = await this.parse(BastionStop);
    const directory = directoryOf(flags.dir, this.terminal);
    const health = await healthIn(directory);
    if (!health) throw notRunning(directory);
    await stopIn(directory, health);
    this.terminal.out.write(`bastion/${harmless(health.name)} stopped\n`);
  }
}

export const bastionCommands: Record<string, CommandClass> = {
  start: BastionStart,
  status: BastionStatus,
  stop: BastionStop,
};
