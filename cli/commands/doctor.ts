// lab doctor: finds the usual troubles, and says what to do about each.
import * as Flags from '@oclif/core/flags';
import { LabCommand } from '../command/command.ts';
import { examine } from '../doctor/examine.ts';
import type { Finding } from '../doctor/finding.ts';
import { exits, hintText } from '../terminal/errors.ts';
import { programName } from '../terminal/programName.ts';
import { harmless, painter, type Style } from '../terminal/text.ts';

const styles: Record<Finding['how'], Style> = { ok: 'green', warning: 'yellow', failure: 'red' };

export default class Doctor extends LabCommand {
  static override summary = 'Look for the usual troubles, and say what to do about each.';
  static override examples = ['<%= config.bin %> doctor', '<%= config.bin %> doctor -o json'];
  static override flags = {
    output: Flags.string({ char: 'o', description: 'how to print', options: ['text', 'json'], default: 'text' }),
  };

  async run(): Promise<number> {
    const { flags } = await this.parse(Doctor);
    const findings: (Finding & { remedy?: string | undefined })[] = [];
    const lab = programName(this.terminal);
    const paint = painter(this.terminal.out, this.terminal.env);
    for await (const found of examine(flags, this.terminal)) {
      const finding = { ...found, remedy: found.remedy && hintText(found.remedy, lab) };
      findings.push(finding);
      if (flags.output === 'json') continue;
      const { how, what, remedy } = finding;
      this.terminal.out.write(`${paint(how.padEnd(7), styles[how])}  ${harmless(what)}\n`);
      if (remedy) this.terminal.out.write(`         ${harmless(remedy)}\n`);
    }
    if (flags.output === 'json') this.terminal.out.write(`${JSON.stringify(findings, null, 2)}\n`);
    return findings.some(({ how }) => how === 'failure') ? exits.failed : exits.done;
  }
}
