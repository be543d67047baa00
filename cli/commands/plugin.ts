// lab plugin list: the programs on PATH that are commands.
import { Command, type CommandClass } from '../command/command.ts';
import { listPlugins } from '../command/plugins.ts';
import { plainTable } from '../print/table.ts';
import { findCommand } from '../command/route.ts';

/** The command, told the ids of lab's own commands: a plugin with the name of one is never run. */
export function pluginListCommand(ids: readonly string[]): CommandClass {
  return class PluginList extends Command {
    static override summary = 'List the programs on PATH that are commands: lab-foo is lab foo.';
    static override examples = ['<%= config.bin %> plugin list'];

    async run(): Promise<void> {
      await this.parse(PluginList);
      const plugins = listPlugins(this.terminal.env);
      if (plugins.length === 0) {
        this.terminal.err.write('No plugins: put a program named lab-WORD on PATH, and `lab WORD` runs it.\n');
        return;
      }
      const seen = new Set<string>();
      const rows = plugins.map(({ name, file }) => {
        const hidden = findCommand(ids, name.split(' '))
          ? 'no: lab has this command itself'
          : seen.has(name)
            ? 'no: an earlier one on PATH is'
            : 'yes';
        seen.add(name);
        return [name, file, hidden];
      });
      this.terminal.out.write(plainTable([['NAME', 'FILE', 'USED'], ...rows]));
    }
  };
}
