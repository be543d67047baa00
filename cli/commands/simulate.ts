// lab simulate: lets machines that do not exist report to a bastion, for trying things out.
import { setTimeout as sleep } from 'node:timers/promises';
import * as Flags from '@oclif/core/flags';
import { LabCommand } from '../command/command.ts';
import { integer } from '../command/flags.ts';
import { ProvisionServerDocument } from '../generated/documents.ts';
import type { Client } from '../labd/client.ts';
import { CliError } from '../terminal/errors.ts';

/** Milliseconds for labd to hear of a machine, and between two tries. */
const PATIENCE = 30_000;
const PAUSE = 100;

/** Provisions a machine that was just reported, as soon as labd knows it; false when it is not to be installed. */
async function provision(
  client: Client,
  mac: string,
  input: { os: string; role: string; set: object },
): Promise<boolean> {
  for (let waited = 0; ; waited += PAUSE) {
    const { result } = await client.run(ProvisionServerDocument, { by: { mac }, input } as never);
    if (result.__typename === 'Server') return true;
    if (result.__typename !== 'NotFound') return false;
    if (waited > PATIENCE) throw new CliError('failed', `labd has not heard of the machine ${mac}.`);
    await sleep(PAUSE);
  }
}

export default class Simulate extends LabCommand {
  static override summary = 'Let machines that do not exist report to a bastion.';
  static override examples = [
    '<%= config.bin %> simulate --servers 12',
    '<%= config.bin %> simulate --servers 12 --boot',
    '<%= config.bin %> simulate --servers 2000 --seed 7 --duplicates 0.1 --reorder',
  ];
  static override flags = {
    servers: integer({ description: 'how many machines', default: 12, min: 1, max: 1_000_000 }),
    seed: integer({ description: 'the same seed makes the same machines', default: 7 }),
    bastion: Flags.string({ description: 'URL of the bastion', default: 'http://127.0.0.1:8080' }),
    duplicates: Flags.string({ description: 'share of reports sent twice, 0 to 1' }),
    reorder: Flags.boolean({ description: 'send reports out of order' }),
    'junk-serials': Flags.string({ description: 'share of machines with the junk serials that vendors ship, 0 to 1' }),
    'moved-nics': Flags.string({ description: 'share of machines whose NIC moves to another, 0 to 1' }),
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
    const share = (flag: 'duplicates' | 'junk-serials' | 'moved-nics'): number => {
      const value = Number(flags[flag] ?? 0);
      if (value >= 0 && value <= 1) return value;
      throw new CliError('usage', `--${flag} is "${flags[flag]}", and not a share from 0 to 1.`);
    };
    if (!URL.canParse(flags.bastion) || !/^https?:$/.test(new URL(flags.bastion).protocol)) {
      throw new CliError(
        'usage',
        `"${flags.bastion}" (--bastion) is not the address of a bastion.`,
        'Write one such as http://127.0.0.1:8080.',
      );
    }
    const { BastionAway, BootsNothing, machines, simulate, standBy } = await import('../../bastion/simulate/index.ts');
    const { servers, seed, bastion, reorder, states, concurrency } = flags;
    const shares = {
      duplicates: share('duplicates'),
      junkSerials: share('junk-serials'),
      movedNics: share('moved-nics'),
    };
    const client = states ? await this.client(flags) : undefined;
    const rate = flags.rate === undefined ? {} : { rate: flags.rate };
    const explained = (error: unknown): never => {
      if (error instanceof BootsNothing) throw new CliError('failed', error.message, error.remedy);
      if (!(error instanceof BastionAway)) throw error;
      throw new CliError('unreachable', error.message, 'Is a bastion running there? npm start starts one.');
    };
    const { accepted, refused, seconds } = await simulate({
      servers,
      seed,
      bastion,
      reorder,
      states,
      concurrency,
      ...shares,
      ...rate,
      ...(client && { provision: (mac, input) => provision(client, mac, input) }),
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
    await standBy({ bastion, machines: machines({ servers, seed }), signal: this.untilParentEnds(), onInstall }).catch(
      explained,
    );
  }
}
