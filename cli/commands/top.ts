// lab top: the fleet at a glance.
import * as Flags from '@oclif/core/flags';
import { LabCommand } from '../command/command.ts';
import { integer } from '../command/flags.ts';
import { TopDocument } from '../generated/documents.ts';
import { server as view } from '../kinds/server.ts';
import { findOne } from '../objects/lists.ts';
import { treeLines } from '../print/tree.ts';
import { drawable, harmless } from '../terminal/text.ts';
import { fleetOf } from '../tui/fleet.ts';
import { plainFleet } from '../tui/plain.ts';

export default class Top extends LabCommand {
  static override summary = 'Show the fleet at a glance: servers, installs, bastions, events.';
  static override description =
    'On a terminal it goes on: arrow keys choose a server, Enter looks into it, q ends. Off one it prints once.';
  static override examples = ['<%= config.bin %> top', '<%= config.bin %> top --once | head'];
  static override flags = {
    every: integer({ description: 'seconds between looks', min: 1, default: 2 }),
    rows: integer({ description: 'servers, and events, at most', min: 1, max: 500, default: 100 }),
    once: Flags.boolean({ description: 'print once and end, also on a terminal' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Top);
    const client = await this.client(flags);
    const fleet = async () => fleetOf(await client.run(TopDocument, { rows: flags.rows }), this.terminal.now());
    // The first look also tells whether there is anything to look at.
    const first = await fleet();
    if (flags.once || !drawable(this.terminal.out, this.terminal.env) || !this.terminal.in.isTTY) {
      this.terminal.out.write(plainFleet(first));
      return;
    }
    const { showTop } = await import('../tui/screen.ts');
    const describe = async ({ id }: { id: string }) => {
      const found = await findOne((by) => client.run(view.documents.describe, { by } as never), view, id);
      return treeLines(view.describe(found, this.terminal.now()), this.terminal);
    };
    const every = flags.every * 1000;
    await showTop({ title: harmless(client.target.url), fleet, every, describe }, this.terminal);
  }
}
