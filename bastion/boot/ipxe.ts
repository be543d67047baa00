// The scripts that iPXE runs. Loading is tried again and again, within a time limit each, since a script that fails leaves the
// firmware to itself; what comes from outside stands in a script as one word.

import { isBootWord, type BootWay } from '../../common/boot/way.ts';
import { type Fixed, fixedQuery, fixedSettings } from './fixed.ts';

/** A value that would be more than one word of a script, or none: it is never put into one. */
export class UnsafeWord extends Error {
  constructor(word: string) {
    super(
      `${JSON.stringify(word.slice(0, 80))} cannot stand in a boot script: no spaces, control characters, "\${", "#" before it or operators`,
    );
  }
}

/** One word of a script. */
export function word(text: string): string {
  if (!isBootWord(text)) throw new UnsafeWord(text);
  return text;
}

/** Milliseconds for one file; a kernel and its ramdisk are some 100 MB. */
const LOAD = 120_000;
/** Milliseconds for a script. */
const ASK = 15_000;
/** Tries of each, and seconds between two. */
const TRIES = 10;
const PAUSE = 3;

const script = (...lines: readonly string[]): string => `${['#!ipxe', ...lines].join('\n')}\n`;

/** Tries some commands again and again, and then does others. */
const persist = (commands: readonly string[], otherwise: readonly string[]): string[] => [
  'set tries:int32 0',
  ':again',
  ...commands.map((command) => `${command} || goto failed`),
  ':failed',
  'inc tries',
  `iseq \${tries} ${TRIES} && goto over ||`,
  `echo lab: not loaded yet, trying again in ${PAUSE} s`,
  `sleep ${PAUSE}`,
  'goto again',
  ':over',
  ...otherwise,
];

/** What was said of the machine's address is asked with, by any script: it is nothing where nobody said any. */
const askFor = (base: string, mac = '\${mac}'): string =>
  `chain --replace --autofree --timeout ${ASK} ${word(base)}/boot/script?mac=${mac}&platform=\${platform}\${fixed}`;

/** What every machine is given first, in place of which its own script runs: it asks for its own script, with the MAC of the NIC that it boots from. */
export const entryScript = (base: string): string =>
  script(
    'echo lab: asking what to boot',
    ...persist([askFor(base)], ['echo lab: the bastion does not answer; booting from disk', 'exit']),
  );

/** The one that a BIOS numbers first. */
const FIRST_DRIVE = 'sanboot --no-describe --drive 0x80';

/** Finds the NIC with a MAC, and gives it its address. */
const addressed = (mac: string, fixed: Fixed): string[] => [
  'set at:int32 0',
  ':nic',
  'isset ${net${at}/mac} || goto strange',
  `iseq \${net\${at}/mac} ${word(mac)} && goto found ||`,
  'inc at',
  'goto nic',
  ':strange',
  `echo lab: no NIC here is ${word(mac)}, which this disc was made for; booting from disk`,
  `${FIRST_DRIVE} || exit`,
  ':found',
  ...fixedSettings(fixed).map(([name, value]) => `set net\${at}/${name} ${word(value)}`),
  `set fixed ${word(fixedQuery(fixed))}`,
];

/** What a machine runs whose iPXE came from a disc: it gets an address first, on whichever NIC gives one, unless it is given one. */
export const discScript = (base: string, { mac, fixed }: { mac?: string; fixed?: Fixed | undefined } = {}): string =>
  script(
    'echo lab: asking what to boot',
    ...(mac && fixed ? addressed(mac, fixed) : []),
    ...persist(mac && fixed ? ['ifopen net${at}', askFor(base, word(mac))] : ['dhcp', askFor(base)], [
      'echo lab: the bastion does not answer; booting from disk',
      `${FIRST_DRIVE} || exit`,
    ]),
  );

export interface KernelBoot {
  /** For the screen */
  readonly title: string;
  /** Addresses */
  readonly kernel: string;
  readonly initrd: string;
  readonly arguments: readonly string[];
  /** Which build of our ramdisk this is; undefined for an installer's own */
  readonly build?: string | undefined;
}

/** Loads a kernel and its ramdisk, and starts them. The kernel's EFI stub finds the ramdisk by its name. */
export const kernelScript = ({ title, kernel, initrd, arguments: words }: KernelBoot): string =>
  script(
    `echo lab: ${title.replaceAll(/[^\w .,:-]/g, '?')}`,
    ...persist(
      [
        'imgfree',
        `kernel --timeout ${LOAD} ${word(kernel)} initrd=initrd ${words.map(word).join(' ')}`.trimEnd(),
        `initrd --name initrd --timeout ${LOAD} ${word(initrd)}`,
        'boot',
      ],
      ['echo lab: it could not be loaded; restarting in 30 s', 'sleep 30', 'reboot'],
    ),
  );

/**
 * Boots the machine's own disk: on UEFI by a loader that looks for the system's, since firmware that is merely left may stand
 * still (measured with OVMF); on BIOS its first drive, or by a loader where that was said. Without one it goes on as it can.
 */
export function diskScript(
  platform: string,
  loader: string | undefined,
  leave: BootWay['leave'] = platform === 'pcbios' ? 'sanboot' : 'loader',
): string {
  const drive = platform === 'pcbios' ? [`${FIRST_DRIVE} ||`] : [];
  const chained = loader === undefined ? [] : [`chain --autofree --timeout ${ASK} ${word(loader)} ||`];
  const ways: Readonly<Record<NonNullable<BootWay['leave']>, readonly string[]>> = {
    loader: [...chained, ...drive],
    // Other firmware numbers no drives: it is left as it is where nobody says how.
    sanboot: drive.length > 0 ? drive : chained,
    exit: [],
  };
  return script('echo lab: booting from disk', ...ways[leave], 'exit');
}

/** For a machine that cannot be told its token: it waits for a lease of its own, and asks again. */
export const waitScript = (base: string, why: string): string =>
  script(
    `echo lab: ${why.replaceAll(/[^\w .,:-]/g, '?')}`,
    'sleep 15',
    `chain --replace --autofree --timeout ${ASK} ${word(base)}/boot.ipxe || exit`,
  );
