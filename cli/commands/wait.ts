// lab wait: waits until an object is as wanted.
import * as Flags from '@oclif/core/flags';
import { LabCommand } from '../command/command.ts';
import { seconds } from '../terminal/duration.ts';
import { CliError } from '../terminal/errors.ts';
import { goalOf } from '../follow/waitConditions.ts';
import { selections } from '../objects/references.ts';

export default class Wait extends LabCommand {
  static override summary = 'Wait until an object is as wanted.';
  static override description =
    'Tells each step of the installs of a server on the way. When time runs out it exits with 6, after what lab why says; with 1 when the goal cannot be reached unless somebody does something.';
  static override usage = 'wait KIND/NAME --for=GOAL [--timeout 30m]';
  static override completes = 'objects' as const;
  static override strict = false;
  static override examples = [
    '<%= config.bin %> wait server/labmaster --for=status=INSTALLED',
    '<%= config.bin %> wait server/labmaster --for=delete --timeout 5m',
    '<%= config.bin %> wait bastion/north --for=condition=BastionOnline',
    "<%= config.bin %> wait install/labmaster.1 --for=jsonpath='{.status.phase}'=packages",
  ];
  static override flags = {
    for: Flags.string({
      description:
        'status=STATUS, delete, condition=TYPE, with =false for the opposite, or jsonpath={PATH}, with =VALUE for one value',
      required: true,
    }),
    timeout: Flags.string({ description: 'how long to wait', default: '30m' }),
  };

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(Wait);
    const chosen = selections(argv as string[], 'wait');
    const named = chosen.flatMap(({ view, names }) => names.map((name) => ({ view, name })));
    if (named.length === 0)
      throw new CliError(
        'usage',
        'Say which object to wait for.',
        (lab) => `Such as: ${lab} wait server/NAME --for=delete`,
      );
    for (const { view } of named) goalOf(flags.for, view);
    const timeout = seconds('timeout', flags.timeout);
    const client = await this.client(flags);
    const { waitFor } = await import('../follow/wait.ts');
    for (const { view, name } of named) await waitFor(client, view, name, { goal: flags.for, timeout });
  }
}
