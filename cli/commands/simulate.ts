// lab simulate: lets machines that do not exist report to a bastion, for trying things out.
import * as Flags from '@oclif/core/flags';
import { Command } from '../command/command.ts';
import { integer } from '../command/flags.ts';
import { CliError } from '../terminal/errors.ts';

export default class Simulate extends Command {
  static override summary = 'Let machines that do not exist report to a bastion.';
  static override examples = [
    '<%= config.bin %> simulate --servers 12',
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
    states: Flags.boolean({ description: 'let some machines be queued and installed too' }),
    rate: integer({ description: 'reports a second at most', min: 1 }),
    concurrency: integer({ description: 'reports at once', default: 16, min: 1, max: 1_000 }),
  };

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
    const { BastionAway, simulate } = await import('../../bastion/simulate/index.ts');
    const { servers, seed, bastion, reorder, states, concurrency } = flags;
    const shares = {
      duplicates: share('duplicates'),
      junkSerials: share('junk-serials'),
      movedNics: share('moved-nics'),
    };
    const rate = flags.rate === undefined ? {} : { rate: flags.rate };
    const { accepted, refused, seconds } = await simulate({
      servers,
      seed,
      bastion,
      reorder,
      states,
      concurrency,
      ...shares,
      ...rate,
    }).catch((error: unknown) => {
      if (!(error instanceof BastionAway)) throw error;
      throw new CliError('unreachable', error.message, 'Is a bastion running there? npm start starts one.');
    });
    this.terminal.out.write(`${accepted.length} machines reported in ${seconds.toFixed(1)} s\n`);
    if (refused.length > 0) {
      const [first] = refused;
      throw new CliError(
        'failed',
        `${refused.length} reports were refused, the first with ${first!.status}: ${first!.error}`,
      );
    }
  }
}
