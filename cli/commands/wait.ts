// lab wait: waits until an object is as wanted.
import * as Flags from '@oclif/core/flags';
import { LabCommand } from '../command/command.ts';
import { patience } from '../terminal/duration.ts';
import { CliError, exits } from '../terminal/errors.ts';
import { goalOf } from '../follow/waitConditions.ts';
import type { KindView } from '../kinds/kind.ts';
import type { Client } from '../labd/client.ts';
import type { Selection } from '../objects/references.ts';
import { choose, type Many, manyFlags, rowsOf } from '../objects/targets.ts';

export default class Wait extends LabCommand {
  static override summary = 'Wait until an object is as wanted.';
  static override description =
    'Of several objects it waits for one after the other, all within the time that --timeout says. Tells each step of the installs of a server on the way. When time runs out it exits with 6, after what lab why says; with 1 when the goal cannot be reached unless somebody does something.';
  static override usage = 'wait KIND NAME… | KIND/NAME… | KIND -l SELECTOR | KIND --all --for=GOAL [--timeout 30m]';
  static override completes = 'objects' as const;
  static override strict = false;
  static override examples = [
    '<%= config.bin %> wait server/labmaster --for=status=INSTALLED',
    '<%= config.bin %> wait server/labmaster --for=delete --timeout 5m',
    '<%= config.bin %> wait servers -l rack=a1 --for=status=INSTALLED --timeout 3600',
    '<%= config.bin %> wait bastion/north --for=condition=BastionOnline',
    "<%= config.bin %> wait install/labmaster.1 --for=jsonpath='{.status.phase}'=packages",
  ];
  static override flags = {
    for: Flags.string({
      description:
        'status=STATUS, delete, condition=TYPE, with =false for the opposite, or jsonpath={PATH}, with =VALUE for one value',
      required: true,
    }),
    timeout: Flags.string({
      description: 'how long to wait: seconds, or such as 45s or 1h30m; 0 looks once',
      default: '30m',
    }),
    ...manyFlags,
  };

  async run(): Promise<number | void> {
    const { flags, argv } = await this.parse(Wait);
    const chosen = choose(argv as string[], flags, 'wait for');
    for (const { view } of chosen) goalOf(flags.for, view);
    const timeout = patience(flags.timeout);
    const client = await this.client(flags);
    const named = await this.named(client, chosen, flags);
    // Where nothing is, nothing is left to be deleted.
    if (named.length === 0 && flags.for.toLowerCase() !== 'delete')
      throw new CliError(
        'notFound',
        `There are no ${chosen.map(({ view }) => view.kind.plural).join(' or ')} to wait for.`,
      );
    const { waitFor } = await import('../follow/wait.ts');
    const until = this.terminal.elapsed() + timeout * 1_000;
    const failures: CliError[] = [];
    for (const { view, name } of named)
      await waitFor(client, view, name, { goal: flags.for, timeout, until }).catch((error: unknown) => {
        if (!(error instanceof CliError) || named.length === 1 || error.exit === exits.unreachable) throw error;
        failures.push(error);
      });
    return this.tellAll(failures);
  }

  /** The objects by name, those too that labels or a whole kind choose. */
  private async named(
    client: Client,
    chosen: readonly Selection[],
    many: Many,
  ): Promise<{ view: KindView; name: string }[]> {
    const found: { view: KindView; name: string }[] = [];
    for (const one of chosen) {
      const { view, names } = one;
      const shape = { wide: false, full: false };
      const rows = names.length > 0 ? [] : await rowsOf(client, [one], { shape, many });
      const called = names.length > 0 ? names : rows.map(({ row }) => (view.placeless ? row.id : row.name));
      found.push(...called.map((name) => ({ view, name })));
    }
    return found;
  }
}
