// Which iPXE binary machines get: that of their firmware, one of their own, or the shim in front of it where Secure Boot is on.
import { isBinaryName } from '../../common/boot/way.ts';
import { normaliseMac } from '../../common/mac.ts';
import type { Client } from './clients.ts';
import type { OwnBinary, Site } from './site.ts';

/** Those that get the same one. */
interface Choice {
  readonly tag: string;
  readonly file: string;
  readonly ending: NonNullable<Client['ending']>;
}

export interface Binaries {
  readonly choices: readonly Choice[];
  /** What dnsmasq is told of the machine with this MAC, between commas; none where it gets what others get */
  tagsOf(mac: string): readonly string[];
  /** The MACs that have some */
  readonly macs: readonly string[];
  readonly warnings: readonly string[];
}

/** Of machines that get one of their own, for the firmware that such a file is for. */
const ownTag = (ending: Choice['ending']): string => (ending === '.efi' ? 'own-efi' : 'own-bios');

/**
 * iPXE's shim starts the binary that it is named after, out of the same folder: `ipxe-shim.efi` starts `ipxe.efi` (ipxe/shim,
 * automatic_next_path). With Secure Boot off it does so too, and DHCP cannot tell: where it lies beside, it is what is given.
 */
function shimmed(file: string, bootFiles: readonly string[]): string {
  const shim = file.replace(/\.efi$/, '-shim.efi');
  return shim !== file && bootFiles.includes(shim) ? shim : file;
}

export function chooseBinaries({ binaries, bootFiles }: Pick<Site, 'binaries' | 'bootFiles'>): Binaries {
  const warnings: string[] = [];
  const choices = new Map<string, Choice>();
  const tags = new Map<string, readonly string[]>();
  const take = ({ mac: written, binary }: OwnBinary): void => {
    const mac = normaliseMac(written);
    if (mac === null || !isBinaryName(binary)) {
      warnings.push(`${JSON.stringify(written)} does not get ${JSON.stringify(binary)}: a MAC or a name is wrong`);
      return;
    }
    if (!bootFiles.includes(binary)) {
      warnings.push(
        `${mac} gets the usual iPXE: there is no ${binary}. Put it into the folder ipxe of the bastion's directory, and start it again`,
      );
      return;
    }
    const ending = binary.endsWith('.efi') ? '.efi' : 'pxe';
    const choice = choices.get(binary) ?? { tag: `b${choices.size}`, file: shimmed(binary, bootFiles), ending };
    choices.set(binary, choice);
    tags.set(mac, [`set:${ownTag(ending)}`, `set:${choice.tag}`]);
  };
  for (const own of binaries) take(own);
  return {
    choices: [...choices.values()],
    tagsOf: (mac) => tags.get(mac) ?? [],
    macs: [...tags.keys()],
    warnings,
  };
}

/** The files that a kind of firmware is given, each with the tags under which it is. */
export function filesFor(
  { file, ending }: Pick<Client, 'file' | 'ending'>,
  { choices }: Binaries,
  bootFiles: readonly string[],
): { file: string; tags: readonly string[] }[] {
  const own = choices.filter((choice) => choice.ending === ending);
  return [
    { file: shimmed(file, bootFiles), tags: own.length > 0 ? [`tag:!${ownTag(own[0]!.ending)}`] : [] },
    ...own.map((choice) => ({ file: choice.file, tags: [`tag:${choice.tag}`] })),
  ];
}
