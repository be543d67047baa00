// lab simulate: lets machines that do not exist report to a bastion, for trying things out.
import * as Flags from '@oclif/core/flags';
import { LabCommand } from '../command/command.ts';
import { integer, share } from '../command/flags.ts';
import { CliError } from '../terminal/errors.ts';
import { provisionReported, simulateInstalls } from './simulatedInstalls.ts';

export default class Simulate extends LabCommand {
  static override summary = 'Let machines that do not exist report to a bastion.';
  static override examples = [
    '<%= config.bin %> simulate --servers 12',
    '<%= config.bin %> simulate --servers 12 --boot',
    '<%= config.bin %> simulate --servers 2000 --seed 7 --duplicates 10% --reorder',
    '<%= config.bin %> simulate --installs 1000 --fail 3% --stuck 1% --dup-callbacks --reorder',
  ];
  static override description = [
    'With --installs each machine is provisioned too, boots from the bastion (lab-bastion --simulate-boot, on this host), and calls back',
    'as installers do until its install ends as its story says. What labd says then is compared: one that differs is a failure. An',
    'install that falls silent stays open until labd fails it by its deadline.',
  ].join('\n');
  static override flags = {
    servers: integer({ description: 'how many machines', default: 12, min: 1, max: 1_000_000 }),
    seed: integer({ description: 'the same seed makes the same machines', default: 7 }),
    bastion: Flags.string({ description: 'URL of the bastion', default: 'http://127.0.0.1:8080' }),
    installs: integer({
      description: 'install so many machines, from discovery to the end',
      min: 1,
      max: 100_000,
      exclusive: ['servers', 'duplicates', 'junk-serials', 'moved-nics', 'states', 'boot', 'rate'],
    }),
    fail: share({ description: 'share of installs that fail, such as 3%', dependsOn: ['installs'] }),
    stuck: share({ description: 'share of installs that fall silent', dependsOn: ['installs'] }),
    'dup-callbacks': Flags.boolean({ description: 'send some callbacks of installs twice', dependsOn: ['installs'] }),
    pace: integer({
      description: 'milliseconds between two callbacks of an install; 1000 by default',
      min: 0,
      max: 3_600_000,
    }),
    duplicates: share({ description: 'share of reports sent twice' }),
    reorder: Flags.boolean({ description: 'send reports, or callbacks of installs, out of order' }),
    'junk-serials': share({ description: 'share of machines with the junk serials that vendors ship' }),
    'moved-nics': share({ description: 'share of machines whose NIC moves to another' }),
    states: Flags.boolean({
      description: 'provision half of the machines, and let most of those be installed or fail',
    }),
    boot: Flags.boolean({
      description: 'then stay, and boot each machine whose install is ordered, until Ctrl-C',
    }),
    rate: integer({ description: 'reports a second at most', min: 1 }),
    concurrency: integer({ description: 'reports at once', default: 16, min: 1, max: 1_000 }),
  };

  /** Ctrl-C ends the process; a parent that says so ends it with itself. */
  private untilParentEnds(): AbortSignal {
    const { env, in: input } = this.terminal;
    const ended = new AbortController();
    if (env['LAB_EXIT_WITH_PARENT'] !== '1') return ended.signal;
    for (const event of ['end', 'error']) input.once(event, () => ended.abort());
    input.resume();
    return ended.signal;
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(Simulate);
    if (!URL.canParse(flags.bastion) || !/^https?:$/.test(new URL(flags.bastion).protocol)) {
      throw new CliError(
        'usage',
        `"${flags.bastion}" (--bastion) is not the address of a bastion.`,
        'Write one such as http://127.0.0.1:8080.',
      );
    }
    const { BastionAway, BootsNothing, machines, simulate, standBy } = await import('../../bastion/simulate/index.ts');
    const { servers, seed, bastion, reorder, states, concurrency } = flags;
    if (flags.pace !== undefined && flags.installs === undefined && !flags.boot)
      throw new CliError('usage', '--pace is of installs.', 'Give --installs or --boot with it.');
    const { installs, fail = 0, stuck = 0, pace = 1_000, 'dup-callbacks': dupCallbacks } = flags;
    const shares = {
      duplicates: flags.duplicates ?? 0,
      junkSerials: flags['junk-serials'] ?? 0,
      movedNics: flags['moved-nics'] ?? 0,
    };
    const client = states ? await this.client(flags) : undefined;
    const rate = flags.rate === undefined ? {} : { rate: flags.rate };
    const explained = (error: unknown): never => {
      if (error instanceof BootsNothing) throw new CliError('failed', error.message, error.remedy);
      if (!(error instanceof BastionAway)) throw error;
      throw new CliError('unreachable', error.message, 'Is a bastion running there? npm start starts one.');
    };
    if (fail + stuck > 1)
      throw new CliError('usage', 'More installs are to fail or fall silent (--fail, --stuck) than there are.');
    if (installs !== undefined) {
      const asked = { installs, seed, bastion, fail, stuck, reorder, dupCallbacks, pace, concurrency };
      await simulateInstalls(this.terminal, await this.client(flags), asked).catch(explained);
      return;
    }
    const { accepted, refused, seconds } = await simulate({
      servers,
      seed,
      bastion,
      reorder,
      states,
      concurrency,
      ...shares,
      ...rate,
      ...(client && {
        provision: async (mac, input) => (await provisionReported(client, mac, input)) === undefined,
      }),
    }).catch(explained);
    this.terminal.out.write(`${accepted.length} machines reported in ${seconds.toFixed(1)} s\n`);
    if (refused.length > 0) {
      const [first] = refused;
      throw new CliError(
        'failed',
        `${refused.length} reports were refused, the first with ${first!.status}: ${first!.error}`,
      );
    }
    if (!flags.boot) return;
    const onInstall = (mac: string, os: string) => this.terminal.out.write(`${mac} boots the installer of ${os}\n`);
    await standBy({
      bastion,
      machines: machines({ servers, seed }),
      pace,
      signal: this.untilParentEnds(),
      onInstall,
    }).catch(explained);
  }
}
