// lab bastion iso: a disc for machines whose firmware boots from no network.
import * as Flags from '@oclif/core/flags';
import { copyFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { bastionIn, dirFlag, directoryOf, haveDone } from '../bastion/socket.ts';
import { installValues } from '../bastion/installValues.ts';
import { LabCommand } from '../command/command.ts';
import { DiscServerDocument, type DiscServerQuery } from '../generated/documents.ts';
import { findServer } from '../objects/servers.ts';
import { sizeOf } from '../print/size.ts';
import { CliError } from '../terminal/errors.ts';
import { harmless } from '../terminal/text.ts';

/** What the bastion made. */
interface Made {
  readonly path: string;
  readonly bytes: number;
  /** Where machines that boot it ask */
  readonly url: string;
  /** The address that the machine has without asking for one */
  readonly address?: string;
}

export default class BastionIso extends LabCommand {
  static override summary = 'Make a disc that machines boot which cannot boot from the network.';
  static override description =
    'For BIOS and UEFI, as a disc or written to a stick. The machine asks the bastion of this host what to boot, as one does that came from the network: it is discovered, installed, or boots its own disk. With --server a UEFI machine asks for an address on the NIC alone that lab knows the server by; where spec.install of the server, or of a cluster of it, gives an address of IPv4, the machine has that, with gateway and dns, and asks no DHCP server for one (on a vlan under UEFI alone).';
  static override examples = [
    '<%= config.bin %> bastion iso',
    '<%= config.bin %> bastion iso --server db --output db.iso',
    '<%= config.bin %> bastion iso --url http://10.0.0.1:8080',
  ];
  static override flags = {
    dir: dirFlag,
    server: Flags.string({ description: 'server that it is for' }),
    url: Flags.string({ description: 'how machines reach the bastion, where it cannot tell' }),
    output: Flags.string({ char: 'o', description: "file to write it to; else it stays in the bastion's directory" }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(BastionIso);
    const machine = flags.server === undefined ? undefined : await this.machine(flags.server, flags);
    const { path, bytes, url, address } = await haveDone<Made>(
      bastionIn(directoryOf(flags.dir, this.terminal)),
      '/api/iso',
      { ...(flags.url === undefined ? {} : { url: flags.url }), ...(machine === undefined ? {} : { machine }) },
      () => {},
    );
    const place = flags.output === undefined ? path : resolve(flags.output);
    if (place !== path)
      await copyFile(path, place).catch((error: Error) => {
        throw new CliError('failed', `The disc cannot be copied: ${error.message}.`, `It is in ${path}.`);
      });
    this.terminal.out.write(
      `${harmless(place)}  ${sizeOf(bytes)}, asks ${url}${address === undefined ? '' : `, has the address ${harmless(address)}`}\n`,
    );
  }

  /** A server, the NIC that lab knows it by, and what its installs are told. Throws CliError when there is none. */
  private async machine(called: string, flags: object): Promise<{ name: string; mac: string; install: unknown }> {
    const client = await this.client(flags);
    const server = await findServer<NonNullable<DiscServerQuery['one']>>(
      (by) => client.run(DiscServerDocument, { by } as never),
      called,
    );
    return { name: server.name, mac: server.bootMac, install: installValues(server) };
  }
}
