// lab version: this program's version, and labd's when it answers.
import * as Flags from '@oclif/core/flags';
import manifest from '../../package.json' with { type: 'json' };
import { AboutDocument } from '../generated/documents.ts';
import { LabCommand } from '../command/command.ts';
import type { TargetFlags } from '../labd/target.ts';
import { CliError, exits } from '../terminal/errors.ts';
import { harmless } from '../terminal/text.ts';

export default class Version extends LabCommand {
  static override summary = "Print lab's version, and labd's.";
  static override examples = ['<%= config.bin %> version'];
  static override flags = {
    client: Flags.boolean({ description: "only lab's, without asking labd" }),
    output: Flags.string({ char: 'o', description: 'how to print', options: ['json', 'yaml'] }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Version);
    const lab = { version: manifest.version };
    const labd = flags.client ? undefined : await this.asked(flags);
    if (flags.output === undefined) {
      const lines = [
        `lab ${lab.version}`,
        ...(labd ? [`labd ${harmless(labd.version)} (${harmless(labd.engine)})`] : []),
      ];
      return void this.terminal.out.write(`${lines.join('\n')}\n`);
    }
    const all = { lab, ...(labd ? { labd } : {}) };
    const { stringify } = await import('../terminal/yaml.ts');
    this.terminal.out.write(flags.output === 'json' ? `${JSON.stringify(all, null, 2)}\n` : stringify(all));
  }

  /** What labd says of itself; undefined, and told, when it cannot be reached. */
  private async asked(flags: TargetFlags): Promise<{ version: string; engine: string } | undefined> {
    try {
      return (await (await this.client(flags)).run(AboutDocument, {})).about;
    } catch (error) {
      if (!(error instanceof CliError) || error.exit !== exits.unreachable) throw error;
      this.terminal.err.write(`${harmless(error.message)}\n`);
      return undefined;
    }
  }
}
