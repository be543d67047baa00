// lab doctor: finds the usual troubles, and says what to do about each.
import * as Flags from '@oclif/core/flags';
import { LabCommand } from '../command/command.ts';
import { examine } from '../doctor/examine.ts';
import type { Finding } from '../doctor/finding.ts';
import { exits } from '../terminal/errors.ts';
import { harmless, painter, type Style } from '../terminal/text.ts';

const styles: Record<Finding['how'], Style> = { ok: 'green', warning: 'yellow', failure: 'red' };

export default class Doctor extends LabCommand {
  static override summary = 'Look for the usual troubles, and say what to do about each.';
  static override examples = ['<%= config.bin %> doctor', '<%= config.bin %> doctor -o json'];
  static override flags = {
    output: Flags.string({ char: 'o', description: 'how to print', options: ['text', 'json'], default: 'text' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Doctor);
    const findings: Finding[] = [];
    const paint = painter(process.stdout);
    for await (const finding of examine(flags)) {
      findings.push(finding);
      if (flags.output === 'json') continue;
      const { how, what, remedy } = finding;
      process.stdout.write(`${paint(how.padEnd(7), styles[how])}  ${harmless(what)}\n`);
      if (remedy) process.stdout.write(`         ${harmless(remedy)}\n`);
    }
    if (flags.output === 'json') process.stdout.write(`${JSON.stringify(findings, null, 2)}\n`);
    if (findings.some(({ how }) => how === 'failure')) process.exitCode = exits.failed;
  }
}
