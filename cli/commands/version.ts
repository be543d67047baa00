// lab version: this program's version, and labd's when it answers.
import manifest from '../../package.json' with { type: 'json' };
import { AboutDocument } from '../generated/documents.ts';
import { LabCommand } from '../command.ts';
import { CliError, exits } from '../errors.ts';
import { harmless } from '../text.ts';

export default class Version extends LabCommand {
  static override summary = "Print lab's version, and labd's.";
  static override examples = ['<%= config.bin %> version'];
  static override flags = {};

  async run(): Promise<void> {
    const { flags } = await this.parse(Version);
    process.stdout.write(`lab ${manifest.version}\n`);
    try {
      const { about } = await (await this.client(flags as never)).run(AboutDocument, {});
      process.stdout.write(`labd ${harmless(about.version)} (${harmless(about.engine)})\n`);
    } catch (error) {
      if (!(error instanceof CliError) || error.exit !== exits.unreachable) throw error;
      process.stderr.write(`${harmless(error.message)}\n`);
    }
  }
}
