// lab why: what keeps a server from being installed.
import { LabCommand } from '../command/command.ts';
import { explain } from '../why/load.ts';
import { serverIn } from '../objects/servers.ts';

export default class Why extends LabCommand {
  static override summary = 'Tell what keeps a server from being installed, and what to do next.';
  static override completes = 'objects' as const;
  static override usage = 'why server NAME';
  static override strict = false;
  static override examples = ['<%= config.bin %> why server labmaster'];
  static override flags = {};

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(Why);
    const called = serverIn(argv as string[], 'why');
    this.terminal.out.write(await explain(await this.client(flags), called));
  }
}
