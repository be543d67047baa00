// lab bastion machines: what a bastion knows of the machines of its site, also without labd.
import * as Flags from '@oclif/core/flags';
import { nameOf } from '../../common/machineName.ts';
import { BASTION_PLACES, bastionAt } from '../bastion/place.ts';
import { askBastion } from '../bastion/socket.ts';
import { Command } from '../command/command.ts';
import { plainTable } from '../print/table.ts';
import { harmless, word } from '../terminal/text.ts';

/** What stands in the table; the rest is as machines reported it. */
interface Machine {
  readonly mac: string;
  readonly name?: string;
  readonly status: string;
  readonly os?: string;
  readonly stage?: string;
  readonly ip?: string;
  readonly reason?: string;
  readonly report?: { readonly vendor?: string; readonly product?: string };
}

const row = ({ mac, name, status, os, stage, ip, reason, report }: Machine): string[] =>
  [
    nameOf({ name, mac }),
    mac,
    word(status),
    os ?? '<none>',
    stage ?? '<none>',
    ip ?? '<none>',
    [report?.vendor, report?.product].filter(Boolean).join(' ') || '<none>',
    (status === 'FAILED' && reason) || '',
  ].map(harmless);

export default class BastionMachines extends Command {
  static override summary = 'List the machines that a bastion knows, also without labd.';
  static override examples = ['<%= config.bin %> bastion machines', '<%= config.bin %> bastion machines -o json'];
  static override flags = {
    bastion: Flags.string({ description: BASTION_PLACES, default: 'here' }),
    output: Flags.string({ char: 'o', description: 'how to print', options: ['table', 'json'], default: 'table' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(BastionMachines);
    const at = await bastionAt(flags.bastion, this.terminal);
    const { machines } = await askBastion<{ machines: Machine[] }>(at, { method: 'GET', path: '/api/machines' });
    if (flags.output === 'json') {
      this.terminal.out.write(`${JSON.stringify(machines, null, 2)}\n`);
      return;
    }
    if (machines.length === 0) {
      this.terminal.err.write('No machine was seen yet: boot one from the network.\n');
      return;
    }
    const title = ['NAME', 'MAC', 'STATUS', 'OS', 'STAGE', 'IP', 'HARDWARE', 'REASON'];
    const sorted = machines.toSorted((a, b) => (a.mac < b.mac ? -1 : 1));
    this.terminal.out.write(plainTable([title, ...sorted.map(row)]));
  }
}
