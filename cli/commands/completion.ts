// lab completion SHELL: the script that lets a shell complete lab's words; and what that script asks.
import * as Args from '@oclif/core/args';
import { Command } from '../command/command.ts';
import { candidates } from '../completion/candidates.ts';
import { scripts } from '../completion/scripts.ts';
import { programName } from '../terminal/programName.ts';
import { harmless } from '../terminal/text.ts';

export class Completion extends Command {
  static override summary = 'Print the script that lets a shell complete commands, flags and names.';
  static override examples = [
    'source <(<%= config.bin %> completion bash)',
    '<%= config.bin %> completion fish > ~/.config/fish/completions/lab.fish',
  ];
  static override args = {
    shell: Args.string({ description: 'shell that reads it', options: Object.keys(scripts), required: true }),
  };

  async run(): Promise<void> {
    const { args } = await this.parse(Completion);
    this.terminal.out.write(scripts[args.shell]!(programName(this.terminal)));
  }
}

/** `lab __complete -- WORDS…`: a candidate per line, with what it is for after a tab. */
export class Complete extends Command {
  static override hidden = true;
  static override strict = false;

  async run(): Promise<void> {
    const words = this.argv.slice(this.argv[0] === '--' ? 1 : 0);
    // Whoever presses a key wants candidates or nothing, and never a message.
    const found = await candidates(words, this.terminal).catch(() => []);
    const lines = found.map(({ word, about }) => (about === undefined ? word : `${word}\t${harmless(about)}`));
    this.terminal.out.write(lines.map((line) => `${line}\n`).join(''));
  }
}
